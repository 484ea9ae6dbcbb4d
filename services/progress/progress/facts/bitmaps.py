"""The cells as bitmaps: per authority and measure the set of services for which it holds, bit n standing for service n.

`toggles` holds, per authority and day, the services of which something begins or ceases to hold on that day, with the bits
of `progress.domain.measures` that change. A status takes `replaced` away and puts `state` in on `[effective_on, until)`; so
it toggles their difference on both days, and what is toggled twice is as it was: like the counters, it adds up in any order.

`bitmaps` holds here and there what holds at the end of a day, one row per measure: after every few hundred toggles, so that
nobody need fold more of them than that. What holds on day D are the last bitmaps up to D and what was toggled since. How
many there are decides how fast that is found and nothing else; so an authority that recorded little has none, a new status
usually writes one small row, and the space grows with the cells, not with the days.
"""

import struct
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.domain.measures import MEASURES

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection

TABLES: Final = (
    """CREATE TABLE toggles (
        authority integer NOT NULL, day date NOT NULL, services bytea NOT NULL, PRIMARY KEY (authority, day))""",
    """CREATE TABLE bitmaps (
        authority integer NOT NULL, day date NOT NULL, measure smallint NOT NULL, bits bytea NOT NULL,
        PRIMARY KEY (authority, day, measure))""",
)
ENTRY: Final = struct.Struct(">ih")
"""One service in `toggles.services`: its number and the bits that change. Ordered by service."""
OFTEN: Final = 256
"""After so many toggles there are bitmaps again."""
_AUTHORITIES_AT_ONCE: Final = 64
_SETTLED_AT_ONCE: Final = 2048

Bits = int
"""A set of services as a Python integer."""


class Change(NamedTuple):
    """What a status event says of one cell: on `[effective_on, until)`, `bits` instead of `replaced_bits`."""

    authority: int
    service: int
    effective_on: date
    until: date
    bits: int | None
    replaced_bits: int | None


def packed(bits: Bits) -> bytes:
    """As it is kept: bit n in byte n // 8, no zero bytes at the end."""
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def unpacked(kept: bytes) -> Bits:
    """From what is kept."""
    return int.from_bytes(kept, "little")


def toggled(entries: bytes) -> dict[int, Bits]:
    """Per measure the services that toggle, from any number of `toggles.services` put together."""
    by_change: dict[int, Bits] = {}
    for service, change in ENTRY.iter_unpack(entries):
        by_change[change] = by_change.get(change, 0) ^ 1 << service
    found: dict[int, Bits] = {}
    for change, services in by_change.items():
        for measure in range(len(MEASURES)):
            if change >> measure & 1:
                found[measure] = found.get(measure, 0) ^ services
    return found


# ---------------------------------------------------------------- a batch of events

_FRESH: Final = "SELECT authority, service, effective_on, until, bits, replaced_bits FROM fresh"
# OFFSET 0 keeps it a look-up by key: a planner that expects many rows would read all bitmaps.
_PRESENT: Final = """
    SELECT t.authority, t.day, NULL::smallint AS measure, t.services AS kept
    FROM unnest($1::integer[], $2::date[]) n (authority, day) JOIN toggles t USING (authority, day)
    UNION ALL
    SELECT b.authority, b.day, b.measure, b.bits
    FROM unnest($3::integer[], $4::date[]) n (authority, since)
    CROSS JOIN LATERAL (SELECT * FROM bitmaps WHERE authority = n.authority AND day >= n.since OFFSET 0) b
"""
_WRITE: Final = """
    WITH said AS (
        INSERT INTO toggles SELECT * FROM unnest($1::integer[], $2::date[], $3::bytea[])
        ON CONFLICT (authority, day) DO UPDATE SET services = EXCLUDED.services
    )
    UPDATE bitmaps b SET bits = n.bits
    FROM unnest($4::integer[], $5::date[], $6::smallint[], $7::bytea[]) n (authority, day, measure, bits)
    WHERE b.authority = n.authority AND b.day = n.day AND b.measure = n.measure
"""
_CROWDED: Final = """
    SELECT DISTINCT n.authority
    FROM unnest($1::integer[], $2::date[]) n (authority, day)
    CROSS JOIN LATERAL (SELECT
        coalesce((SELECT b.day FROM bitmaps b WHERE b.authority = n.authority AND b.day < n.day
                  ORDER BY b.day DESC LIMIT 1), '-infinity') AS after,
        coalesce((SELECT b.day FROM bitmaps b WHERE b.authority = n.authority AND b.day >= n.day
                  ORDER BY b.day LIMIT 1), 'infinity') AS upto
    ) span
    WHERE EXISTS (SELECT FROM toggles t WHERE t.authority = n.authority AND t.day > span.after AND t.day <= span.upto
                  OFFSET $3)
"""

Days = dict[date, dict[int, int]]
"""Per day the services that toggle, and which bits."""


async def keep_fresh(connection: AsyncConnection) -> None:
    """Fold in the batch's statuses, which are in `fresh`."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await keep(raw, [Change(*row) for row in await raw.fetch(_FRESH)])


async def keep(connection: Connection, changes: Iterable[Change]) -> None:
    """Fold a batch of statuses in: a question and an answer, whatever it says, and now and then new bitmaps."""
    days = _days(changes)
    if not days:
        return
    touched = [(authority, day) for authority, said in days.items() for day in said]
    since = [(authority, min(said)) for authority, said in days.items()]
    present = await connection.fetch(_PRESENT, *_columns(touched, 2), *_columns(since, 2))
    bitmaps = [
        (authority, day, measure, packed(unpacked(kept) ^ shift))
        for authority, day, measure, kept in present
        if measure is not None and (shift := _shift(days[authority], day, measure))
    ]
    before = {(authority, day): kept for authority, day, measure, kept in present if measure is None}
    toggles = [
        (authority, day, _added(before.get((authority, day), b""), days[authority][day])) for authority, day in touched
    ]
    await connection.execute(_WRITE, *_columns(toggles, 3), *_columns(bitmaps, 4))
    full = {authority for authority, day, after in toggles if _often(after) > _often(before.get((authority, day), b""))}
    if new := [key for key in touched if key not in before]:
        full |= {row[0] for row in await connection.fetch(_CROWDED, *_columns(new, 2), 2 * OFTEN)}
    await _refill(connection, full)


def _days(changes: Iterable[Change]) -> dict[int, Days]:
    found: dict[int, Days] = {}
    for one in changes:
        change = (one.bits or 0) ^ (one.replaced_bits or 0)
        if not change:
            continue
        days = found.setdefault(one.authority, {})
        for day in (one.effective_on, one.until):
            if day != date.max:
                services = days.setdefault(day, {})
                services[one.service] = services.get(one.service, 0) ^ change
    return found


def _shift(days: Days, day: date, measure: int) -> Bits:
    """What these toggles change of a measure by the end of a day."""
    found = 0
    for other, services in days.items():
        if other <= day:
            for service, change in services.items():
                if change >> measure & 1:
                    found ^= 1 << service
    return found


def _added(before: bytes, services: Mapping[int, int]) -> bytes:
    """What toggles on a day if these services do so too."""
    both = dict(ENTRY.iter_unpack(before))
    for service, change in services.items():
        both[service] = both.get(service, 0) ^ change
    return b"".join(ENTRY.pack(service, both[service]) for service in sorted(both) if both[service])


def _often(entries: bytes) -> int:
    return len(entries) // (ENTRY.size * OFTEN)


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


# ---------------------------------------------------------------- bitmaps anew

_OF_MANY: Final = """
    SELECT authority, day, services FROM toggles
    WHERE authority = ANY(ARRAY(
        SELECT authority FROM toggles WHERE authority = ANY($1::integer[])
        GROUP BY authority HAVING sum(length(services)) >= $2))
    ORDER BY authority, day
"""
_CLEAR: Final = "DELETE FROM bitmaps WHERE authority = ANY($1::integer[])"
_COLUMNS: Final = ("authority", "day", "measure", "bits")

Row = tuple[int, date, int, bytes]


async def _refill(connection: Connection, authorities: Collection[int]) -> None:
    """The bitmaps of these authorities, from their toggles."""
    if not authorities:
        return
    await connection.execute(_CLEAR, list(authorities))
    rows: list[Row] = []
    for authority, days in groupby(
        await connection.fetch(_OF_MANY, list(authorities), OFTEN * ENTRY.size), key=lambda row: row["authority"]
    ):
        rows += _spaced(authority, [(row["day"], row["services"]) for row in days])
    await connection.copy_records_to_table("bitmaps", records=rows, columns=_COLUMNS)


def _spaced(authority: int, days: Sequence[tuple[date, bytes]]) -> list[Row]:
    """Bitmaps wherever enough toggled since the last ones."""
    found: list[Row] = []
    held, waiting = [0] * len(MEASURES), b""
    for day, services in days:
        waiting += services
        if len(waiting) >= OFTEN * ENTRY.size:
            for measure, bits in toggled(waiting).items():
                held[measure] ^= bits
            waiting = b""
            found += [(authority, day, measure, packed(bits)) for measure, bits in enumerate(held)]
    return found


# ---------------------------------------------------------------- everything anew, and whether it is right

_ALL_TOGGLES: Final = """
    SELECT authority, day, string_agg(int4send(service) || int2send(change), ''::bytea ORDER BY service) AS services
    FROM (
        SELECT authority, day, service, bit_xor(change) AS change
        FROM (
            SELECT authority, service, effective_on AS day, coalesce(bits, 0::int2) # coalesce(replaced_bits, 0::int2) AS change
            FROM recordings WHERE authority >= $1 AND authority < $2
            UNION ALL
            SELECT authority, service, until, coalesce(bits, 0::int2) # coalesce(replaced_bits, 0::int2)
            FROM recordings WHERE authority >= $1 AND authority < $2 AND until < 'infinity'
        ) said
        GROUP BY authority, day, service HAVING bit_xor(change) <> 0
    ) changes
    GROUP BY authority, day
"""
_DIFFERENT_TOGGLES: Final = f"""
    WITH kept AS (SELECT * FROM toggles WHERE authority >= $1 AND authority < $2 AND services <> ''::bytea),
         recounted AS ({_ALL_TOGGLES})
    SELECT d.authority, d.day FROM (
        (TABLE kept EXCEPT TABLE recounted) UNION ALL (TABLE recounted EXCEPT TABLE kept)) d
"""  # noqa: S608 - our own constants
_KEPT_TOGGLES: Final = "SELECT * FROM toggles WHERE authority >= $1 AND authority < $2 ORDER BY 1, 2"
_KEPT_BITMAPS: Final = "SELECT * FROM bitmaps WHERE authority >= $1 AND authority < $2 ORDER BY 1, 2"
_OFTEN: Final = "SELECT authority FROM toggles GROUP BY authority HAVING sum(length(services)) >= $1 ORDER BY authority"
_LONG: Final = 24 * 3600.0
_LAST: Final = "SELECT coalesce(max(id), 0) FROM authorities"


async def settle(connection: Connection) -> None:
    """Both tables anew from `recordings`, many authorities at a time; few of them said enough for bitmaps."""
    await connection.execute("TRUNCATE toggles, bitmaps; ALTER TABLE toggles DROP CONSTRAINT toggles_pkey")
    async for bounds in _ranges(connection, _SETTLED_AT_ONCE):
        await connection.execute(f"INSERT INTO toggles {_ALL_TOGGLES}", *bounds, timeout=_LONG)
    await connection.execute("ALTER TABLE toggles ADD PRIMARY KEY (authority, day)", timeout=_LONG)
    often = await connection.fetch(_OFTEN, OFTEN * ENTRY.size, timeout=_LONG)
    for start in range(0, len(often), _AUTHORITIES_AT_ONCE):
        await _refill(connection, [row[0] for row in often[start : start + _AUTHORITIES_AT_ONCE]])


async def different(connection: Connection) -> list[tuple[str, int, str | None]]:
    """Per table, how many rows are not what `recordings` makes, with an example. Where there are bitmaps is free."""
    toggles: list[str] = []
    bitmaps: list[str] = []
    async for bounds in _ranges(connection):
        toggles += [str(tuple(row)) for row in await connection.fetch(_DIFFERENT_TOGGLES, *bounds)]
        said: dict[int, list[tuple[date, bytes]]] = {}
        for authority, day, services in await connection.fetch(_KEPT_TOGGLES, *bounds):
            said.setdefault(authority, []).append((day, services))
        kept: dict[tuple[int, date], dict[int, bytes]] = {}
        for authority, day, measure, bits in await connection.fetch(_KEPT_BITMAPS, *bounds):
            kept.setdefault((authority, day), {})[measure] = bits
        bitmaps += [str(key) for key, sets in kept.items() if sets != _at(said.get(key[0], []), key[1])]
    return [
        (name, len(found), min(found, default=None)) for name, found in (("toggles", toggles), ("bitmaps", bitmaps))
    ]


def _at(days: Sequence[tuple[date, bytes]], day: date) -> dict[int, bytes]:
    found = toggled(b"".join(services for other, services in days if other <= day))
    return {measure: packed(found.get(measure, 0)) for measure in range(len(MEASURES))}


async def _ranges(connection: Connection, many: int = _AUTHORITIES_AT_ONCE) -> AsyncIterator[tuple[int, int]]:
    last: int = await connection.fetchval(_LAST)
    for start in range(0, last + 1, many):
        yield start, start + many
