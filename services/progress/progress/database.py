"""The engine that reads and fills the read models."""

from collections.abc import Sequence
from typing import Final, cast

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.log.connect import Connection
from events.log.connect import engine as any_engine

SCHEMA: Final = "live"
"""Where the read models live; a rebuild fills `next` beside it."""


FOLLOWING: Final = (
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
)
"""For whoever says the same few things again and again, about few keys at a time: plans are made once, for look-ups by key,
whatever the tables were like when they were made."""


def engine(url: str, schema: str = SCHEMA, *, plans: Sequence[str] = (), **options: int) -> AsyncEngine:
    """Every connection finds the tables of that schema by their bare names, and plans without compiling.

    A commit does not wait for the disk: rows and position are lost together, if at all, and the log has them.
    """
    made = any_engine(url, **options)

    @event.listens_for(made.sync_engine, "connect")
    def _search_path(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"SET search_path = {schema}, public")
        cursor.execute("SET jit = off")
        cursor.execute("SET synchronous_commit = off")
        for setting in plans:
            cursor.execute(f"SET {setting}")
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]

    return made


async def driver_connection(connection: AsyncConnection) -> Connection:
    """What is below it, for COPY and for statements that stay prepared; in the transaction that is begun, if one is."""
    return cast("Connection", (await connection.get_raw_connection()).driver_connection)


async def begun(connection: AsyncConnection) -> Connection:
    """The same, in a transaction even if nothing was said in it yet."""
    raw = await driver_connection(connection)
    if not raw.is_in_transaction():
        await connection.exec_driver_sql("SELECT")
    return raw
