"""A copy of the database that PostgreSQL keeps by itself, from which figures are read while it can be.

Whether it can be is looked at every second. Whoever finds it away reads from the database itself from then on, and only such a look lets
it in again, once it has all that the database had.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final

import asyncpg
import structlog

from events.log.connect import Connection
from progress.readers import Readers

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""So often it is looked at."""
ANSWER_SECONDS: Final = 2.0
"""Whoever takes longer to say how far it is does not answer questions either."""
CONNECT_SECONDS: Final = 5.0
"""Nobody waits longer for a connection to it: by then it is known whether it is away."""
BEHIND_SECONDS: Final = 10.0
"""From here on somebody should know."""
AWAY: Final = (
    *(OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError),
    *(asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError),
    *(asyncpg.InvalidCatalogNameError, asyncpg.SerializationError),
)
"""How a question fails that the database itself would have answered; the last: what it read was removed under its eyes."""

_WRITTEN: Final = "SELECT pg_current_wal_insert_lsn() - '0/0'"
_REPLAYED: Final = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0' END"


class Replica:
    """How far it is, and whether to ask it. `primary` and `url` are the addresses of the database and of its copy."""

    def __init__(self, url: str, primary: str, *, size: int, ticks: Callable[[], float] = monotonic) -> None:
        self.readers: Final = Readers(url, size=size, connect_limit=CONNECT_SECONDS)
        self.in_use = False
        self._here, self._there = Readers(url, size=1), Readers(primary, size=1)
        self._ticks = ticks
        self._why = "not asked yet"
        self._awaited: tuple[float, int] | None = None

    @property
    def lag(self) -> float:
        """For so many seconds something has been in the database and not, or not for certain, here."""
        return 0.0 if self._awaited is None else self._ticks() - self._awaited[0]

    def trouble(self) -> str | None:
        """What an operator should know."""
        if not self.in_use:
            return f"away, the database itself answers: {self._why}"
        return f"{self.lag:.0f} seconds behind the database" if self.lag > BEHIND_SECONDS else None

    def lost(self, error: BaseException) -> None:
        """It does not answer. What it was asked and has not answered is ended, so that it can be asked elsewhere."""
        self._why = str(error) or type(error).__name__
        if self.in_use:
            log.warning("replica_away", reason=repr(error))
            self.in_use, self._awaited = False, None
            self.readers.drop()

    def fails(self, error: Exception) -> bool:
        """Whether that is the replica's failure and not the question's; then the database itself is to be asked."""
        if isinstance(error, TimeoutError) and self.in_use:
            return False
        if not isinstance(error, asyncpg.SerializationError):
            self.lost(error)
        return True

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Looked at for as long as this lasts."""
        await self.look()
        looking = asyncio.create_task(self._look_on())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            for readers in (self.readers, self._here, self._there):
                await readers.close()

    async def look(self) -> None:
        """What does the database have, and is that here? Positions of events would not do: a restored log has them twice."""
        written = await self._written()
        if self._awaited is None and written is not None:
            self._awaited = self._ticks(), written
        try:
            replayed = await _answer(self._here, _REPLAYED)
        except Exception as error:  # noqa: BLE001 - whatever keeps it from answering
            self.lost(error)
            return
        if replayed is None:
            self.lost(NotAReplica("the database there follows no other one"))
            return
        if self._awaited is not None and replayed >= self._awaited[1]:
            self._awaited = None
            if not self.in_use:
                log.info("replica_in_use")
                self.in_use = True

    async def _written(self) -> int | None:
        """None while the database itself is away: nothing is written then either."""
        try:
            return await _answer(self._there, _WRITTEN)
        except Exception:  # noqa: BLE001 - others say so, and why
            return None

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()


class NotAReplica(Exception):
    """The message says so."""


async def _answer(readers: Readers, query: str) -> int | None:
    """A number, in time. Whoever is only cancelled waits for a server that hangs, to tell it so; so the connection is cut."""

    async def ask(connection: Connection) -> int | None:
        found = await connection.fetchval(query)
        return None if found is None else int(found)

    asking = asyncio.ensure_future(readers.at_once(ask))
    asking.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({asking}, timeout=ANSWER_SECONDS)
    finally:
        if not asking.done():
            readers.drop()
            asking.cancel()
    if asking.cancelled() or not asking.done():
        raise TimeoutError(f"no answer within {ANSWER_SECONDS:g} seconds")
    return asking.result()
