"""The cells as bitmaps: per authority and measure the set of services for which it holds, bit n standing for service n.

`toggles` holds, per authority and day, the services of which something begins or ceases to hold on that day, with the bits
of `progress.domain.measures` that change. A status takes `replaced` away and puts `state` in on `[effective_on, until)`; so
it toggles their difference on both days, and what is toggled twice is as it was: like the counters, it adds up in any order.

`bitmaps` holds what holds on the last day of a quarter, for the quarters in which anything of that measure changed. What
held on day D is the last bitmap up to D's quarter, with what was toggled after D and before the quarter's end toggled
back. So today needs no toggles, an earlier day those of three months at most, and the space grows with the cells and
the quarters, not with the days.
"""

import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
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
        authority integer NOT NULL, measure smallint NOT NULL, quarter date NOT NULL, bits bytea NOT NULL,
        PRIMARY KEY (authority, measure, quarter)) WITH (fillfactor = 80)""",
)
_ENTRY: Final = struct.Struct(">ih")
"""One service in `toggles.services`: its number and the bits that change. Ordered by service."""
_AUTHORITIES_AT_ONCE: Final = 64

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
    for service, change in _ENTRY.iter_unpack(entries):
        by_change[change] = by_change.get(change, 0) ^ 1 << service
    found: dict[int, Bits] = {}
    for change, services in by_change.items():
        for measure in range(len(MEASURES)):
            if change >> measure & 1:
                found[measure] = found.get(measure, 0) ^ services
    return found


def quarter(day: date) -> date:
    """The first day of its quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


# ---------------------------------------------------------------- a batch of events

_FRESH: Final = "SELECT authority, service, effective_on, until, bits, replaced_bits FROM fresh"
_TOGGLES: Final = """
    SELECT t.authority, t.day, t.services
    FROM unnest($1::integer[], $2::date[]) n (authority, day) JOIN toggles t USING (authority, day)
"""
_BITMAPS: Final = """
    SELECT n.authority, n.measure, b.quarter, b.bits
    FROM unnest($1::integer[], $2::smallint[], $3::date[]) n (authority, measure, since)
    CROSS JOIN LATERAL (
        (SELECT quarter, bits FROM bitmaps
         WHERE authority = n.authority AND measure = n.measure AND quarter < n.since ORDER BY quarter DESC LIMIT 1)
        UNION ALL
        SELECT quarter, bits FROM bitmaps WHERE authority = n.authority AND measure = n.measure AND quarter >= n.since
    ) b
    ORDER BY 1, 2, 3
"""
_WRITE: Final = """
    WITH changed AS (
        INSERT INTO toggles SELECT * FROM unnest($1::integer[], $2::date[], $3::bytea[])
        ON CONFLICT (authority, day) DO UPDATE SET services = EXCLUDED.services
    )
    INSERT INTO bitmaps SELECT * FROM unnest($4::integer[], $5::smallint[], $6::date[], $7::bytea[])
    ON CONFLICT (authority, measure, quarter) DO UPDATE SET bits = EXCLUDED.bits
"""

Days = dict[date, dict[int, int]]
"""Per day the services that toggle, and which bits."""
Quarters = dict[date, Bits]


async def keep_fresh(connection: AsyncConnection) -> None:
    """Fold in the batch's statuses, which are in `fresh`."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await keep(raw, [Change(*row) for row in await raw.fetch(_FRESH)])


async def keep(connection: Connection, changes: Iterable[Change]) -> None:
    """Fold a batch of statuses into toggles and bitmaps: two questions and one answer, whatever the batch says."""
    days = _days(changes)
    if not days:
        return
    touched = [(authority, day) for authority, said in days.items() for day in said]
    by_quarter = {authority: _by_quarter(said) for authority, said in days.items()}
    since = [
        (authority, measure, min(quarters))
        for authority, measures in by_quarter.items()
        for measure, quarters in measures.items()
    ]
    for row in await connection.fetch(_TOGGLES, *_columns(touched, 2)):
        said = days[row["authority"]][row["day"]]
        for service, change in _ENTRY.iter_unpack(row["services"]):
            said[service] = said.get(service, 0) ^ change
    kept: dict[tuple[int, int], Quarters] = defaultdict(dict)
    for row in await connection.fetch(_BITMAPS, *_columns(since, 3)):
        kept[row["authority"], row["measure"]][row["quarter"]] = unpacked(row["bits"])
    toggles = [(authority, day, _entries(said)) for authority, found in days.items() for day, said in found.items()]
    bitmaps = [
        (authority, measure, start, packed(bits))
        for authority, measures in by_quarter.items()
        for measure, quarters in measures.items()
        for start, bits in _carried(kept[authority, measure], quarters).items()
    ]
    await connection.execute(_WRITE, *_columns(toggles, 3), *_columns(bitmaps, 4))


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


def _by_quarter(days: Days) -> dict[int, Quarters]:
    """Per measure and quarter the services that toggle in it."""
    found: dict[int, Quarters] = {}
    for day, services in days.items():
        start = quarter(day)
        for measure, bits in toggled(_entries(services)).items():
            quarters = found.setdefault(measure, {})
            quarters[start] = quarters.get(start, 0) ^ bits
    return found


def _carried(kept: Mapping[date, Bits], changes: Quarters) -> Quarters:
    """The bitmaps that differ from those kept once these changes are carried to all later quarters."""
    found: Quarters = {}
    carry = held = 0
    for start in sorted({*kept, *changes}):
        carry ^= changes.get(start, 0)
        held = kept.get(start, held)
        if carry or start in changes:
            found[start] = held ^ carry
    return found


def _entries(services: Mapping[int, int]) -> bytes:
    return b"".join(_ENTRY.pack(service, services[service]) for service in sorted(services) if services[service])


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


# ---------------------------------------------------------------- everything anew, and whether it is right

_ALL_TOGGLES: Final = """
    SELECT authority, day, string_agg(int4send(service) || int2send(change), ''::bytea ORDER BY service) AS services
    FROM (
        SELECT authority, day, service, bit_xor(change) AS change
        FROM (
            SELECT authority, service, effective_on AS day, until, coalesce(bits, 0::int2) # coalesce(replaced_bits, 0::int2) AS change
            FROM recordings WHERE authority >= $1 AND authority < $2
            UNION ALL
            SELECT authority, service, until, until, coalesce(bits, 0::int2) # coalesce(replaced_bits, 0::int2)
            FROM recordings WHERE authority >= $1 AND authority < $2 AND until < 'infinity'
        ) said
        GROUP BY authority, day, service HAVING bit_xor(change) <> 0
    ) changes
    GROUP BY authority, day
"""
_BY_QUARTER: Final = """
    SELECT authority, date_trunc('quarter', day)::date AS quarter, string_agg(services, ''::bytea) AS services
    FROM toggles WHERE authority >= $1 AND authority < $2 GROUP BY 1, 2 ORDER BY 1, 2
"""
_DIFFERENT_TOGGLES: Final = f"""
    WITH kept AS (SELECT * FROM toggles WHERE authority >= $1 AND authority < $2 AND services <> ''::bytea),
         recounted AS ({_ALL_TOGGLES})
    SELECT d.authority, d.day FROM (
        (TABLE kept EXCEPT TABLE recounted) UNION ALL (TABLE recounted EXCEPT TABLE kept)) d
"""  # noqa: S608 - our own constants
_KEPT_BITMAPS: Final = """
    SELECT authority, measure, quarter, bits FROM bitmaps WHERE authority >= $1 AND authority < $2 ORDER BY 1, 2, 3
"""
_LAST: Final = "SELECT coalesce(max(id), 0) FROM authorities"

Row = tuple[int, int, date, bytes]


async def settle(connection: Connection) -> None:
    """Both tables anew from `recordings`, a few authorities at a time."""
    await connection.execute("TRUNCATE toggles, bitmaps")
    async for bounds in _ranges(connection):
        await connection.execute(f"INSERT INTO toggles {_ALL_TOGGLES}", *bounds)
        rows = await _recounted(connection, bounds)
        await connection.copy_records_to_table(
            "bitmaps", records=rows, columns=["authority", "measure", "quarter", "bits"]
        )


async def different(connection: Connection) -> list[tuple[str, int, str | None]]:
    """Per table, how many rows are not what `recordings` makes, with an example; a row that changes nothing may be there."""
    toggles: list[str] = []
    bitmaps: list[str] = []
    async for bounds in _ranges(connection):
        toggles += [str(tuple(row)) for row in await connection.fetch(_DIFFERENT_TOGGLES, *bounds)]
        kept = _changing([tuple(row) for row in await connection.fetch(_KEPT_BITMAPS, *bounds)])
        made = _changing(sorted(await _recounted(connection, bounds)))
        bitmaps += [str(row[:3]) for row in {*kept} ^ {*made}]
    return [
        (name, len(found), min(found, default=None)) for name, found in (("toggles", toggles), ("bitmaps", bitmaps))
    ]


async def _ranges(connection: Connection) -> AsyncIterator[tuple[int, int]]:
    last: int = await connection.fetchval(_LAST)
    for start in range(0, last + 1, _AUTHORITIES_AT_ONCE):
        yield start, start + _AUTHORITIES_AT_ONCE


async def _recounted(connection: Connection, bounds: tuple[int, int]) -> list[Row]:
    """The bitmaps of these authorities, from `toggles`."""
    found: list[Row] = []
    for authority, rows in groupby(await connection.fetch(_BY_QUARTER, *bounds), key=lambda row: row["authority"]):
        held = [0] * len(MEASURES)
        for row in rows:
            for measure, bits in toggled(row["services"]).items():
                held[measure] ^= bits
                found.append((authority, measure, row["quarter"], packed(held[measure])))
    return found


def _changing(rows: Sequence[Row]) -> list[Row]:
    """Without those that say what the quarter before said; `rows` are ordered."""
    found: list[Row] = []
    for _, several in groupby(rows, key=lambda row: row[:2]):
        before = b""
        for row in several:
            if row[3] != before:
                found.append(row)
                before = row[3]
    return found
