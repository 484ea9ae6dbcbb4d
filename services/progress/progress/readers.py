"""The connections on which questions are asked: every statement prepared once, every answer from one snapshot.

A question that one statement answers costs one round trip: a statement is a snapshot of its own. For any other a transaction
makes one, which costs a round trip to begin, one per statement and one to end. Nothing is reset in between, because a reader
changes nothing, and nothing is pinged beforehand: a connection that turns out to be dead is replaced.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar, cast

import asyncpg
from asyncpg.transaction import Transaction

from events.log.connect import CONNECT_LIMIT, STATEMENT_LIMIT, Connection
from progress.database import SCHEMA

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

T = TypeVar("T")

_DEAD: Final = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)
_SETTINGS: Final = {
    "plan_cache_mode": "force_generic_plan",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "default_transaction_read_only": "on",
    "application_name": "progress reading",
}
"""A question reads a few hundred rows by their keys: planning it anew, compiling it or starting processes for it takes longer
than answering."""
_STATEMENTS_KEPT: Final = 512
_FOR_EVER: Final = 0


class Readers:
    """A pool of such connections. Nothing is connected before the first question."""

    def __init__(self, url: str, *, size: int, schema: str = SCHEMA, connect_limit: float = CONNECT_LIMIT) -> None:
        self._url = url
        self._size = size
        self._connect_limit = connect_limit
        self._settings = {"search_path": f"{schema}, public", **_SETTINGS}
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """One snapshot for a whole answer, so that its figures and its position belong together."""
        pool = await self._open()
        connection, snapshot = await self._begun(pool)
        try:
            yield cast("Connection", connection)  # the pool's stand-in for one, with all its methods
        finally:
            try:
                if not connection.is_closed():
                    await snapshot.rollback()
            finally:
                await pool.release(connection)

    async def at_once(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """Its answer, without a snapshot for several statements. Asked again on another connection if one was dead."""
        pool = await self._open()
        for others in reversed(range(self._size + 1)):
            async with asyncio.timeout(self._connect_limit):
                connection = await pool.acquire()
            try:
                return await question(cast("Connection", connection))
            except _DEAD:
                if not (others and connection.is_closed()):
                    raise
            finally:
                await pool.release(connection)
        raise AssertionError

    async def close(self) -> None:
        """Let go of all connections; the next question opens the pool anew."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    def drop(self) -> None:
        """The same without waiting for those who ask: what they asked fails at once."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def _open(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            self._pool = asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._size,
                max_queries=2**62,
                reset=_leave,
                timeout=self._connect_limit,
                command_timeout=STATEMENT_LIMIT,
                statement_cache_size=_STATEMENTS_KEPT,
                max_cached_statement_lifetime=_FOR_EVER,
                max_cacheable_statement_size=_FOR_EVER,
                server_settings=self._settings,
            )
        return await self._pool

    async def _begun(
        self, pool: "asyncpg.Pool[asyncpg.Record]"
    ) -> tuple["PoolConnectionProxy[asyncpg.Record]", Transaction]:
        """A connection that answers: after a restart of the database every one in the pool may be dead, but no new one."""
        for _ in range(self._size):
            with suppress(*_DEAD):
                return await self._try(pool)
        return await self._try(pool)

    async def _try(
        self, pool: "asyncpg.Pool[asyncpg.Record]"
    ) -> tuple["PoolConnectionProxy[asyncpg.Record]", Transaction]:
        connection = await pool.acquire(timeout=self._connect_limit)
        try:
            snapshot = connection.transaction(isolation="repeatable_read", readonly=True)
            await snapshot.start()
        except BaseException:
            connection.terminate()
            await pool.release(connection)
            raise
        return connection, snapshot


async def _leave(_: Connection) -> None:
    """In place of the driver's own reset, which would cost a round trip and undo nothing a reader does."""
