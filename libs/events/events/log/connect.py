"""Connections to one service's database, from one plain address: `postgresql://user@host/name` or `…/name?host=/socket/folder`."""

from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

CONNECT_LIMIT = 10.0
"""Seconds until a connection attempt is given up."""
STATEMENT_LIMIT = 60.0
"""Seconds until a statement is given up."""


def engine(url: str, *, pool_size: int = 5, max_overflow: int = 10, **options: Any) -> AsyncEngine:
    """An engine whose every wait has a limit; nothing is connected yet."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=CONNECT_LIMIT,
        pool_pre_ping=True,
        connect_args={
            "timeout": CONNECT_LIMIT,
            "command_timeout": STATEMENT_LIMIT,
            "max_cacheable_statement_size": 0,  # no limit: it is the long ones whose plans are worth keeping
        },
        **options,
    )


async def connect(url: str, **server_settings: str) -> Connection:
    """One plain connection for the append path, LISTEN or an advisory lock."""
    return await asyncpg.connect(
        url, timeout=CONNECT_LIMIT, command_timeout=STATEMENT_LIMIT, server_settings=server_settings
    )
