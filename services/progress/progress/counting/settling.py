"""Counting everything at once: when many facts were filled in without counting, this makes all that follows from them.

All contributions are gathered first; every table is then made from them by itself, several side by side, its rows in the order
of its key and the index last. What is left says the same, table by table, as counting from batch to batch, and `verify` agrees.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from events.following.bookmark import look_into, quoted
from events.log.connect import Connection
from progress.counting import denominators, gathering, places, reach, reporting, spread
from progress.counting.counters import AUTHORITY, PLACE, REGION, SERVICE, SOLUTION, Counter, from_days, tables_of
from progress.counting.gathering import CREATE_TOTAL, SHIFTS, TOTAL, Gathered
from progress.database import driver_connection
from progress.facts import bitmaps, recordings, responsibilities
from progress.tables import prepare

LONG: Final = 24 * 3600.0
"""Seconds a statement may take here."""
AT_ONCE: Final = 3
"""How many tables are made side by side: on two processors one always has something to do while another waits for the disk."""
_SETTINGS: Final = (
    *("work_mem = '256MB'", "maintenance_work_mem = '256MB'", "plan_cache_mode = auto"),
    *("enable_seqscan = on", "enable_hashjoin = on", "enable_mergejoin = off"),
)
_SORTED: Final = "SET LOCAL enable_hashagg = off"
"""Where nearly every contribution makes a row of its own, and rows are wanted in order."""
_HASHED: Final = "SET LOCAL enable_hashagg = on"
_CLASSIFIED: Final = "authorities, services, overrides, recordings, place_levels, override_groups"

Task = Callable[[Connection], Awaitable[None]]


async def unindex(connection: Connection) -> None:
    """Before the facts are filled in: what is quicker made at the end."""
    await connection.execute("ALTER TABLE recordings DROP CONSTRAINT recordings_pkey")
    await connection.execute("DROP INDEX recordings_solution")


async def settle(engine: AsyncEngine, schema: str) -> None:
    """All tables but the facts themselves."""
    await _all_of(_one(engine, schema, bitmaps.settle), _count(engine, schema))
    async with _inside(engine, schema) as connection:
        await gathering.forget(connection)


async def _count(engine: AsyncEngine, schema: str) -> None:
    await _classify(engine, schema)
    async with _inside(engine, schema) as connection:
        gathered = await gathering.gather(connection, LONG)
    waiting = deque(_tasks(gathered))

    async def work() -> None:
        while waiting:
            await _one(engine, schema, waiting.popleft())

    try:
        await _all_of(*(work() for _ in range(AT_ONCE)))
    finally:
        waiting.clear()


async def _one(engine: AsyncEngine, schema: str, task: Task) -> None:
    async with _inside(engine, schema) as connection:
        await task(connection)


async def _all_of(*some: Coroutine[None, None, None]) -> None:
    """Side by side. Where one fails, the others are not left alone with a connection."""
    tasks = [asyncio.create_task(one) for one in some]
    try:
        await asyncio.gather(*tasks)
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _classify(engine: AsyncEngine, schema: str) -> None:
    """Who is responsible for what, and how many there are."""
    async with engine.begin() as connection:
        await look_into(connection, schema)
        await prepare(connection)
        assigned = await responsibilities.assigned_services(connection)
        await responsibilities.recompute(connection, assigned)
        await responsibilities.adopt(connection, assigned)
        await denominators.refill(connection)
        await places.renew(await driver_connection(connection))
    async with _inside(engine, schema) as connection:
        await connection.execute(f"ANALYZE {_CLASSIFIED}", timeout=LONG)


def _tasks(gathered: Gathered) -> Iterator[Task]:
    """What to make, the longest first; what needs something else comes after it in the same task."""
    yield _each(*_days(gathered, SERVICE))
    yield _each(*_days(gathered, PLACE))
    yield _each(*_days(gathered, REGION))
    yield _each(*_reach(gathered))
    yield _each(*_days(gathered, AUTHORITY), *_others(gathered, AUTHORITY), *_report())
    yield from (_each(*_others(gathered, counter)) for counter in (PLACE, SERVICE, REGION))
    yield _each(gathering.OF_SOLUTIONS, *_days(gathered, SOLUTION), *_others(gathered, SOLUTION))
    yield _each(*recordings.INDEXES)


def _days(gathered: Gathered, counter: Counter) -> list[str]:
    *_, days = tables_of(counter)
    return [_SORTED, *_anew(days.name, days.key, gathered.sums(counter, days)), _HASHED]


def _others(gathered: Gathered, counter: Counter) -> list[str]:
    months, *dates, _ = tables_of(counter)
    if not dates:
        return _anew(months.name, months.key, gathered.sums(counter, months))
    by_day = dates[0]
    from_dates = from_days(counter, months).replace(f"{counter.name}_days", by_day.name).replace("sum(", f"{TOTAL}(")
    return [
        *_anew(by_day.name, by_day.key, gathered.sums(counter, by_day)),
        *_anew(
            months.name, months.key, f"{from_dates} ORDER BY {months.key.replace('month', str(len(counter.keys) + 1))}"
        ),
    ]


def _reach(gathered: Gathered) -> list[str]:
    # Nobody reaches anything where nothing is online or ruled out; and sums of months are of no use from the beginning on.
    no_months = f"(SELECT *, day AS month FROM {SHIFTS} WHERE false) c"  # noqa: S608 - our own constants
    steps = spread.EVERYTHING.replace("service_counts_months c", no_months)
    steps = steps.replace("service_counts_days", SHIFTS).replace("sum(", f"{TOTAL}(")
    return [
        f"CREATE UNLOGGED TABLE {SHIFTS} (service, place, day, online, excluded) AS {gathered.shifts()}",
        f"ANALYZE {SHIFTS}",
        *_anew("spread", "place, service, from_on", f"{steps} ORDER BY place, service, from_on"),
        *(f"INSERT INTO {table} {reach.recount(table)}" for table in ("reach_days", "reach_months")),
    ]


def _report() -> list[str]:
    tables = ("reporting_days", "reporting_months")
    return [
        f"INSERT INTO reporters {reporting.EVERYBODY.replace('sum(', f'{TOTAL}(')}",
        *(f"INSERT INTO {table} {reporting.recount(table)}" for table in tables),
    ]


def _anew(table: str, key: str, query: str) -> list[str]:
    return [
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey",
        f"INSERT INTO {table} {query}",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key})",
    ]


def _each(*statements: str) -> Task:
    async def task(connection: Connection) -> None:
        for statement in statements:
            await connection.execute(statement, timeout=LONG)

    return task


@asynccontextmanager
async def _inside(engine: AsyncEngine, schema: str) -> AsyncIterator[Connection]:
    """A transaction of the driver's own in that schema, with memory for sorting."""
    async with engine.connect() as kept:
        raw = await driver_connection(kept)
        async with raw.transaction():
            for setting in (f"search_path = {quoted(schema)}, public", *_SETTINGS):
                await raw.execute(f"SET LOCAL {setting}")
            await raw.execute(CREATE_TOTAL)
            yield raw
