"""The statuses straight into the read models, set-based, whatever their number. The catalogue has been followed before.

What the product says in one statement for all is taken from it: contributions of statuses that follow others or whose responsibility is
assigned, the sums of every counter, what is derived from counters, the bitmaps. Only for plain cells, which are recorded once by whoever is
responsible by default, their contribution is written down here again, without the look-ups that a cell at a time needs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Final

import asyncpg

from bench.large.cells import COLUMNS, FATES, REPORTS, RETRACTED, TABLES, fates, recordings, split
from events.log.connect import Connection
from progress.counting.contributions import COUNTED, CREATE_MOVES, DIMENSIONS, PEOPLE, contributions
from progress.counting.counters import (
    COUNTER_TABLES,
    COUNTERS,
    SERVICE,
    SOLUTION,
    Counter,
    Table,
    from_days,
    tables_of,
)
from progress.counting.recount import _DERIVED, _SUMMED
from progress.domain.measures import MEASURES, bit
from progress.facts import bitmaps

Say = Callable[[str], None]
Step = Callable[[Connection], Awaitable[object]]

CONNECTIONS: Final = 2
SERVICES_AT_ONCE, AUTHORITIES_AT_ONCE = 40, 64
SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "shared_buffers": "2GB",
}
"""Of the server while it is filled; never while it is measured."""
_SESSION: Final = {
    "search_path": "live, public",
    "work_mem": "512MB",
    "temp_buffers": "512MB",
    "maintenance_work_mem": "1GB",
    "synchronous_commit": "off",
    "jit": "off",
    "enable_mergejoin": "off",  # pairs of numbers are joined by hash: ordered by one of them, they meet far too often
}
_BIG: Final = (
    *("recordings", "bitmaps", "toggles", "spread"),
    *(table.name for table in COUNTER_TABLES),
)
_IN_ORDER: Final = ("spread", *(table.name for table in COUNTER_TABLES))
"""What is asked for by the first columns of its key. The product inserts it in the order of the key when it counts everything at once."""
_KEYS: Final = """
    SELECT c.conname AS name, pg_get_constraintdef(c.oid) AS definition, true AS key
    FROM pg_constraint c WHERE c.conrelid = $1::regclass AND c.contype = 'p'
    UNION ALL
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), false
    FROM pg_index i WHERE i.indrelid = $1::regclass AND NOT i.indisprimary
"""
_ODD: Final = f"""
    CREATE UNLOGGED TABLE world.odd AS
    SELECT authority, service FROM ({{cells}}) c WHERE second < {RETRACTED} AND report BETWEEN 1 AND {REPORTS - 2}
    UNION
    SELECT authority, service FROM overrides
"""
_MOVES: Final = ", ".join([*DIMENSIONS, *COUNTED])
_SUMS: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in COUNTED)
_PLAIN: Final = """
    SELECT c.authority, c.service, CASE WHEN f.live THEN c.solution END AS solution,
           a.region, a.country, a.district_key AS district, a.peer_group,
           s.theme, s.level, s.family, world.reported(c.authority, c.report) AS day,
           CASE WHEN c.component THEN f.component_bits ELSE f.bits END AS bits, a.inhabitants
    FROM ({cells}) c
    JOIN world.fates f ON f.slot = c.slot
    JOIN world.towns a ON a.id = c.authority
    JOIN services s ON s.id = c.service
    WHERE a.levels & s.delivered_by <> 0 AND a.country = s.country
      AND NOT EXISTS (SELECT FROM world.odd o WHERE o.authority = c.authority AND o.service = c.service AND {odd})
"""
"""Plain cells: recorded once, on the day from which it holds, by whoever is responsible by default."""


def _moves(*dimensions: str) -> str:
    """A SELECT like `moves` of what the rows of `plain` contribute together, as far as these dimensions go: counted by kind, then spelt out."""
    keys = ", ".join([*dimensions, "day", "bits"])
    columns = ", ".join(
        "day AS known" if name == "known" else name if name in (*dimensions, "day") else f"NULL AS {name}"
        for name in DIMENSIONS
    )
    measured = ", ".join(f"CASE WHEN bits & {bit(name)} <> 0 THEN cells ELSE 0 END AS {name}" for name in MEASURES)
    people = ", ".join(
        f"CASE WHEN bits & {bit(name.removeprefix('people_'))} <> 0 THEN people ELSE 0 END AS {name}" for name in PEOPLE
    )
    return f"""
    SELECT {columns}, {measured}, {people}
    FROM (SELECT {keys}, count(*) AS cells, sum(inhabitants)::bigint AS people FROM plain GROUP BY {keys}) counted
    """


# Regions and peers apart: together they are nearly as many as the cells. A place that has no name is none. With the peers comes the
# country, so whoever's region is the country itself is left out of the regions.
_REGIONS: Final = _moves("service", "solution", "region").replace("FROM plain", "FROM plain WHERE region <> country")
_BY_SERVICE: Final = f"""
    WITH plain AS MATERIALIZED ({{plain}}),
         regions AS (INSERT INTO moves ({_MOVES}) {_REGIONS}),
         peers AS (INSERT INTO moves ({_MOVES}) {_moves("service", "solution", "country", "peer_group")})
    INSERT INTO moves ({_MOVES}) SELECT {_MOVES} FROM world.odd_moves WHERE {{odd}}
"""
_OF_AUTHORITY: Final = ("authority", "family")
_OF_PLACE: Final = ("region", "country", "district", "theme", "level", "family")


def _sum_up(*dimensions: str) -> str:
    nothing = ", ".join(
        name if name in (*dimensions, "day", "known") else f"NULL::{_TYPES.get(name, 'text')} AS {name}"
        for name in DIMENSIONS
    )
    keys = ", ".join([*dimensions, "day", "known"])
    plain = _moves(*dimensions)
    odd = f"SELECT {_MOVES} FROM world.odd_moves WHERE {{odd}}"
    return f"SELECT {nothing}, {_SUMS} FROM ({plain} UNION ALL {odd}) m GROUP BY {keys}"


_TYPES: Final = {"authority": "integer", "service": "integer", "solution": "integer", "peer_group": "integer"}
_BY_AUTHORITY: Final = f"""
    WITH plain AS MATERIALIZED ({{plain}}), authorities_ AS (INSERT INTO world.by_authority {_sum_up(*_OF_AUTHORITY)})
    INSERT INTO world.by_place {_sum_up(*_OF_PLACE)}
"""
_TOWNS: Final = """
    CREATE TABLE world.towns AS
    SELECT a.id, a.region, a.country, a.levels, a.peer_group, d.key AS district_key, coalesce(a.inhabitants, 0)::bigint AS inhabitants
    FROM authorities a LEFT JOIN authorities d ON d.id = a.district
"""


async def fill(url: str, fraction: float, say: Say) -> None:
    """All the tables of `live` that statuses change; then `world` is dropped again."""
    pool = await asyncpg.create_pool(
        url, min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings=_SESSION, command_timeout=3600
    )
    async with pool:
        await Filling(pool, fraction, say).run()


class Filling:
    """One installation being filled, on as many connections as there are."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", fraction: float, say: Say) -> None:
        self._pool = pool
        self._fraction = fraction
        self._say = say
        self._last_authority = 0
        self._last_service = 0

    async def run(self) -> None:
        """In the order in which one needs the other."""
        await self._alone("world", self._prepare)
        await self._together("recordings", [self._record(*part) for part in self._authorities()])
        await self._alone("keys of recordings", lambda connection: self._put_back(connection, ["recordings"]))
        await self._alone("odd cells", self._odd)
        steps = [self._by_service(*part) for part in _parts(self._last_service, SERVICES_AT_ONCE)]
        steps += [self._by_authority(*part) for part in self._authorities()]
        await self._together("counters and bitmaps", [bitmaps.settle, *steps])
        await self._alone("sums", self._sum)
        rest = [self._put_back_one(name) for name in _BIG if name not in ("recordings", "spread")]
        await self._together("keys of counters", rest)
        await self._alone("what is derived", self._derive)
        await self._alone("statistics", self._finish)

    def _authorities(self) -> Iterable[tuple[int, int]]:
        return _parts(self._last_authority, AUTHORITIES_AT_ONCE)

    def _cells(self, of: str) -> str:
        return split(of, self._fraction)

    async def _prepare(self, connection: Connection) -> None:
        for statement in TABLES:
            await connection.execute(statement)
        await connection.execute(FATES, *fates())
        await connection.execute(_TOWNS)
        await connection.execute(CREATE_MOVES)
        for name in ("by_authority", "by_place"):
            await connection.execute(f"CREATE UNLOGGED TABLE world.{name} (LIKE moves)")
        await connection.execute("CREATE TABLE world.put_aside (of text, name text, definition text, key boolean)")
        await connection.execute(f"TRUNCATE {', '.join(_BIG)}")
        for name in _BIG:
            if name in ("bitmaps", "toggles"):
                await connection.execute(f"ALTER TABLE {name} SET UNLOGGED")
                continue
            for row in await connection.fetch(_KEYS, name):
                await connection.execute("INSERT INTO world.put_aside VALUES ($1, $2, $3, $4)", name, *row)
                await connection.execute(
                    f"ALTER TABLE {name} DROP CONSTRAINT {row['name']}" if row["key"] else f"DROP INDEX {row['name']}"
                )
            await connection.execute(f"ALTER TABLE {name} SET UNLOGGED")
        await connection.execute("ANALYZE")
        self._last_authority = await connection.fetchval("SELECT max(id) FROM authorities")
        self._last_service = await connection.fetchval("SELECT max(id) FROM services")

    def _record(self, first: int, end: int) -> Step:
        of = f"a.id >= {first} AND a.id < {end}"
        return _executing(
            f"INSERT INTO recordings ({COLUMNS}) SELECT {COLUMNS} FROM ({recordings(of, self._fraction)}) r"
        )

    async def _odd(self, connection: Connection) -> None:
        await connection.execute(_ODD.format(cells=self._cells("true")))
        await connection.execute("ALTER TABLE world.odd ADD PRIMARY KEY (service, authority)")
        await connection.execute("ANALYZE world.odd")
        source = "(SELECT r.* FROM world.odd JOIN recordings r USING (authority, service))"
        await connection.execute(f"CREATE UNLOGGED TABLE world.odd_moves AS {contributions(source)}")
        await connection.execute("CREATE INDEX ON world.odd_moves (service)")
        await connection.execute("CREATE INDEX ON world.odd_moves (authority)")
        await connection.execute("ANALYZE world.odd_moves")

    def _of(self, text: str, letter: str, number: str, first: int, end: int) -> str:
        """That text about the authorities or services from the first to before the end."""
        span = "{0} >= {1} AND {0} < {2}"
        plain = _PLAIN.format(
            cells=self._cells(span.format(f"{letter}.id", first, end)), odd=span.format(f"o.{number}", first, end)
        )
        return text.format(plain=plain, odd=span.format(number, first, end))

    def _by_service(self, first: int, end: int) -> Step:
        async def count(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute(CREATE_MOVES)
                await connection.execute(self._of(_BY_SERVICE, "s", "service", first, end))
                for counter in (SERVICE, SOLUTION):
                    await connection.execute(_with_months(counter))

        return count

    def _by_authority(self, first: int, end: int) -> Step:
        return _executing(self._of(_BY_AUTHORITY, "a", "authority", first, end))

    async def _sum(self, connection: Connection) -> None:
        for counter in COUNTERS:
            if counter not in (SERVICE, SOLUTION):
                source = "world.by_authority" if "authority" in counter.keys else "world.by_place"
                for table in tables_of(counter):
                    await connection.execute(_insert(table, table.sums_of(source)))

    async def _derive(self, connection: Connection) -> None:
        for name, columns, query in _DERIVED:
            await connection.execute(f"TRUNCATE {name}")
            await connection.execute(f"INSERT INTO {name} ({columns}) {query}")
            await connection.execute(f"ANALYZE {name}")
        for name, query, _ in _SUMMED:
            await connection.execute(f"TRUNCATE {name}")
            await connection.execute(f"INSERT INTO {name} {query}")
        await self._put_back(connection, ["spread"])

    async def _finish(self, connection: Connection) -> None:
        await connection.execute("UPDATE followers SET position = (SELECT max(position) FROM recordings)")
        await connection.execute("DROP SCHEMA world CASCADE")
        await connection.execute("VACUUM (ANALYZE, PARALLEL 2)")

    def _put_back_one(self, name: str) -> Step:
        return lambda connection: self._put_back(connection, [name])

    async def _put_back(self, connection: Connection, names: list[str]) -> None:
        for row in await connection.fetch("SELECT * FROM world.put_aside WHERE of = ANY($1) ORDER BY key DESC", names):
            add = f"ALTER TABLE {row['of']} ADD CONSTRAINT {row['name']} {row['definition']}"
            await connection.execute(add if row["key"] else row["definition"])
            if row["key"] and row["of"] in _IN_ORDER:
                await connection.execute(f"CLUSTER {row['of']} USING {row['name']}")
        for name in names:
            await connection.execute(f"ANALYZE {name}")

    async def _alone(self, name: str, step: Step) -> None:
        await self._together(name, [step])

    async def _together(self, name: str, steps: Iterable[Step]) -> None:
        """Each connection takes the next step when it is done with one."""
        began = monotonic()
        waiting = iter(steps)

        async def work() -> None:
            async with self._pool.acquire() as connection:
                for step in waiting:
                    await step(connection)  # type: ignore[arg-type]  # a pool's connection is one

        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(work())
        self._say(f"{name}: {monotonic() - began:.0f} s")


def _parts(last: int, at_once: int) -> list[tuple[int, int]]:
    return [(first, min(first + at_once, last + 1)) for first in range(1, last + 1, at_once)]


def _executing(statement: str) -> Step:
    return lambda connection: connection.execute(statement)


def _insert(table: Table, rows: str) -> str:
    return f"INSERT INTO {table.name} ({table.key}, {', '.join(table.measures)}) {rows}"


def _with_months(counter: Counter) -> str:
    """Fills both tables of a counter; a month is the sum of its days."""
    months, days = tables_of(counter)
    summed = from_days(counter, months).replace(f"FROM {days.name}", "FROM days")
    return f"WITH days AS ({_insert(days, days.sums)} RETURNING *) {_insert(months, summed)}"
