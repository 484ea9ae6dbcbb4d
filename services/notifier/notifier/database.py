"""The database as this service's SQL sees it: plain asyncpg, inside a transaction that SQLAlchemy began."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.log.connect import Connection


async def driver(connection: AsyncConnection) -> Connection:
    """The asyncpg connection below, in the same transaction. SQLAlchemy begins that only with its own first statement."""
    below = cast("Connection", (await connection.get_raw_connection()).driver_connection)
    if not below.is_in_transaction():
        await connection.execute(sa.text("SELECT 1"))
    return below


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """Committed when the block ends, rolled back when it raises."""
    async with engine.begin() as connection:
        yield await driver(connection)
