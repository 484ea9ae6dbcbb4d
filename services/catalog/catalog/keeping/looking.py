"""Reading current states outside a decision, through the keepers that decisions read them with."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncEngine

from catalog.keeping import keepers
from events.deciding import Key
from events.log.connect import Connection
from events.log.storage import load

_KEEPERS = {keeper.kind: keeper for keeper in keepers()}


async def look(engine: AsyncEngine, keys: Iterable[Key]) -> dict[Key, Any]:
    """The states that exist, as they are committed now."""
    async with plain(engine) as connection:
        states, _ = await load(connection, _KEEPERS, keys)
    return states


@asynccontextmanager
async def plain(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """A pooled connection as the keepers take it."""
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        yield cast("Connection", raw.driver_connection)


async def municipality_id(engine: AsyncEngine, key: str) -> str | None:
    """The id of whoever bears or bore that key."""
    found = await look(engine, [Key("municipality", key)])
    return next((municipality.id for municipality in found.values()), None)
