"""Counting everything at once: when many facts were filled in without counting, this makes all that follows from them.

The texts are those that count from batch to batch and that `verify` compares with. Days are summed from the contributions,
months from the days, indexes made last; what does not need each other goes on side by side.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from events.following.bookmark import look_into, quoted
from events.log.connect import Connection
from progress.counting import denominators, places, reach, reporting, spread
from progress.counting.contributions import contributions
from progress.counting.counters import COUNTERS, SERVICE, Counter, from_days, tables_of
from progress.database import driver_connection
from progress.facts import bitmaps, recordings, responsibilities
from progress.tables import prepare

LONG: Final = 24 * 3600.0
"""Seconds a statement may take here."""
_SETTINGS: Final = (
    *("work_mem = '128MB'", "maintenance_work_mem = '256MB'", "plan_cache_mode = auto"),
    *("enable_seqscan = on", "enable_hashjoin = on", "enable_mergejoin = on"),
)
_MOVES: Final = "all_moves"


async def unindex(connection: Connection) -> None:
    """Before the facts are filled in: what is quicker made at the end."""
    await connection.execute("ALTER TABLE recordings DROP CONSTRAINT recordings_pkey")
    await connection.execute("DROP INDEX recordings_solution")


async def settle(engine: AsyncEngine, schema: str) -> None:
    """All tables but the facts themselves."""
    await _classify(engine, schema)
    await asyncio.gather(_each(engine, schema, *recordings.INDEXES), _count(engine, schema))


async def _count(engine: AsyncEngine, schema: str) -> None:
    everything = contributions("recordings", by_key=False)
    await _each(
        engine,
        schema,
        f"CREATE UNLOGGED TABLE {_MOVES} AS {everything}",
        f"ANALYZE {_MOVES}",
    )
    others = [counter for counter in COUNTERS if counter is not SERVICE]
    await asyncio.gather(_reach(engine, schema), _report(engine, schema, others), _bitmaps(engine, schema))
    await _each(engine, schema, f"DROP TABLE {_MOVES}")


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
    await _each(engine, schema, "ANALYZE authorities, services, overrides, recordings, place_levels, override_groups")


async def _reach(engine: AsyncEngine, schema: str) -> None:
    await _each(engine, schema, *_filling(SERVICE), "ANALYZE service_counts_days, service_counts_months")
    await _each(
        engine,
        schema,
        *_anew(
            "spread",
            "place, service, from_on",
            f"SELECT service, place, from_on, until, flags FROM ({spread.EVERYTHING}) s",  # noqa: S608 - our own constants
            "place, service, from_on",
        ),
    )
    await _each(
        engine, schema, *(f"INSERT INTO {table} {reach.recount(table)}" for table in ("reach_days", "reach_months"))
    )


async def _report(engine: AsyncEngine, schema: str, counters: Sequence[Counter]) -> None:
    for counter in counters:
        await _each(engine, schema, *_filling(counter))
    await _each(engine, schema, f"INSERT INTO reporters {reporting.EVERYBODY}")
    await _each(
        engine,
        schema,
        *(f"INSERT INTO {table} {reporting.recount(table)}" for table in ("reporting_days", "reporting_months")),
    )


async def _bitmaps(engine: AsyncEngine, schema: str) -> None:
    async with _inside(engine, schema) as connection:
        await bitmaps.settle(connection)


def _filling(counter: Counter) -> list[str]:
    """Days from the contributions, all else from the days. What is asked for together lies together, where that is rows and rows."""
    *sums, days = tables_of(counter)
    from_moves = _anew(days.name, days.key, days.sums_of(_MOVES), "" if counter.dense else _first(days.key))
    others = [_anew(one.name, one.key, from_days(counter, one), _first(one.key)) for one in sums]
    return [*from_moves, *(line for lines in others for line in lines)]


def _first(key: str) -> str:
    """The order by a key that is the first columns."""
    return ", ".join(str(place) for place, _ in enumerate(key.split(","), 1))


def _anew(table: str, key: str, query: str, order: str) -> list[str]:
    return [
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey",
        f"INSERT INTO {table} {query} {order and f'ORDER BY {order}'}",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key})",
    ]


async def _each(engine: AsyncEngine, schema: str, *statements: str) -> None:
    async with _inside(engine, schema) as connection:
        for statement in statements:
            await connection.execute(statement, timeout=LONG)


@asynccontextmanager
async def _inside(engine: AsyncEngine, schema: str) -> AsyncIterator[Connection]:
    """A transaction of the driver's own in that schema, with memory for sorting."""
    async with engine.connect() as kept:
        raw = await driver_connection(kept)
        async with raw.transaction():
            for setting in (f"search_path = {quoted(schema)}, public", *_SETTINGS):
                await raw.execute(f"SET LOCAL {setting}")
            yield raw
