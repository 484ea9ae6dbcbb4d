"""Rebuild what a follower keeps, beside the running version, and switch in one transaction.

The tables live in one schema, which is found by name: the rebuild fills another one and the two change names. Whoever asks or
follows finds the new tables with its next transaction.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.following.bookmark import create_tables, look_into, quoted
from events.following.bookmark import followers as followers_table
from events.following.follower import Follower, Progress

log = structlog.get_logger(__name__)

NEXT: Final = "next"
PREVIOUS: Final = "previous"
LOCK_LIMIT: Final = "10s"
_REBUILDS: Final = 7_306_021

Fill = Callable[[Progress | None], Awaitable[None]]


class RebuildRunning(Exception):
    """Another rebuild of this database is under way; waiting for its end helps."""


async def rebuild(
    engine: AsyncEngine,
    *,
    followers: Sequence[Follower],
    create: Callable[[sa.Connection], None],
    schema: str = "live",
    fill: Fill | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Fill schema `next` with the followers given (made with `schema="next"`), then put it in the place of `schema`.

    `create` makes the follower's own tables in the first schema of the search path. `fill` goes the long way first, faster
    than the followers would: it leaves tables and bookmarks as they would at a position of its choice. Raises
    RebuildRunning, and what `fill` and `catch_up` raise, Halted among it: then nothing has changed.
    """
    async with engine.connect() as guard:
        if not (await guard.execute(sa.select(sa.func.pg_try_advisory_lock(_REBUILDS)))).scalar_one():
            raise RebuildRunning
        await guard.commit()
        try:
            await _prepare(engine, create, schema)
            if fill is not None:
                await fill(on_progress)
            for follower in followers:
                await follower.catch_up(on_progress)
            async with engine.begin() as connection:
                await _switch(connection, followers, schema)
        finally:
            await guard.execute(sa.select(sa.func.pg_advisory_unlock(_REBUILDS)))
    with contextlib.suppress(DBAPIError):  # somebody still reads it; the next rebuild drops it
        await _drop(engine, PREVIOUS)
    log.info("rebuilt and switched", schema=schema, followers=[follower.name for follower in followers])


async def _prepare(engine: AsyncEngine, create: Callable[[sa.Connection], None], schema: str) -> None:
    await _drop(engine, NEXT)
    await _drop(engine, PREVIOUS)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"CREATE SCHEMA {NEXT}")
        await look_into(connection, NEXT)
        await connection.run_sync(create)
        await connection.run_sync(create_tables)
        await _copy_skipped(connection, schema)


async def _copy_skipped(connection: AsyncConnection, schema: str) -> None:
    """What an operator left out stays left out."""
    if await _exists(connection, schema, "skipped"):
        await connection.exec_driver_sql(
            f"INSERT INTO {NEXT}.skipped SELECT * FROM {quoted(schema)}.skipped ON CONFLICT DO NOTHING"  # noqa: S608  quoted
        )


async def _switch(connection: AsyncConnection, followers: Sequence[Follower], schema: str) -> None:
    """Nobody follows meanwhile: a running follower waits at its bookmark, and then finds the new one."""
    await connection.exec_driver_sql(f"SET LOCAL lock_timeout TO '{LOCK_LIMIT}'")
    await look_into(connection, NEXT)
    running = followers_table.to_metadata(sa.MetaData(), schema=schema)
    if await _exists(connection, schema, "followers"):
        await connection.exec_driver_sql(f"LOCK TABLE {quoted(schema)}.followers IN ACCESS EXCLUSIVE MODE")
        await _copy_skipped(connection, schema)
        for follower in followers:
            position = await connection.execute(
                sa.select(running.c.position).where(
                    running.c.name == follower.name, running.c.source == follower.source
                )
            )
            await follower.catch_up_within(connection, position.scalar() or 0)
    if await _exists_schema(connection, schema):
        await connection.exec_driver_sql(f"ALTER SCHEMA {quoted(schema)} RENAME TO {PREVIOUS}")
    await connection.exec_driver_sql(f"ALTER SCHEMA {NEXT} RENAME TO {quoted(schema)}")


async def _drop(engine: AsyncEngine, schema: str) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"SET LOCAL lock_timeout TO '{LOCK_LIMIT}'")
        await connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE")


async def _exists(connection: AsyncConnection, schema: str, table: str) -> bool:
    found = await connection.execute(sa.select(sa.func.to_regclass(f"{quoted(schema)}.{table}")))
    return found.scalar() is not None


async def _exists_schema(connection: AsyncConnection, schema: str) -> bool:
    found = await connection.execute(sa.select(sa.func.to_regnamespace(quoted(schema))))
    return found.scalar() is not None
