"""One connection to NATS that outlives outages of its server; every wait has a limit."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import structlog
from nats.aio.client import Client
from nats.errors import ConnectionClosedError, ConnectionReconnectingError

log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 5.0
RECONNECT_PAUSE_SECONDS: Final = 1


def go_on_unless_cancelled() -> None:
    """The client swallows a cancellation that meets it while it flushes; whoever has awaited it asks here."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def stopped(task: "asyncio.Task[Any]") -> None:
    """Cancel it until it has ended: the client may have swallowed a cancellation where nobody asked. Never raises its failure."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=2 * CLOSE_SECONDS)
    if not task.cancelled():
        task.exception()


class ConnectionEnded(Exception):
    """The client gave its connection up for good."""


class ManyAtOnce(Client):
    """The client, which can also write many messages at once: one by one, writing costs more than the server's work."""

    async def write(self, commands: bytes) -> None:
        """Send complete commands of the protocol; unlike `publish` this keeps nothing for a later connection."""
        if self.is_closed:
            raise ConnectionClosedError
        if not self.is_connected:
            raise ConnectionReconnectingError
        await self._send_command(commands)
        await self._flush_pending()
        go_on_unless_cancelled()


class Connection:
    """One connection to NATS; `ended` is set when the client gives up, `reconnects` counts how often it came back."""

    def __init__(self, url: str, name: str) -> None:
        self.client = ManyAtOnce()
        self.ended = asyncio.Event()
        self.reconnects = 0
        self._url = url
        self._name = name

    async def open(self) -> None:
        """Raises TimeoutError, OSError or a NATS error."""
        async with asyncio.timeout(CONNECT_SECONDS):
            await self.client.connect(
                self._url.split(","),
                name=self._name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_PAUSE_SECONDS,
                connect_timeout=int(ANSWER_SECONDS),
                ping_interval=10,
                max_outstanding_pings=2,
                flush_timeout=ANSWER_SECONDS,
                error_cb=self._note_error,
                reconnected_cb=self._note_reconnect,
                closed_cb=self._note_end,
            )
            go_on_unless_cancelled()

    async def close(self) -> None:
        """Never raises: the client may fail with anything, a TypeError among it, while the server is down."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.client.close()
        except Exception as error:  # noqa: BLE001  closing is the last thing that is asked of it
            log.debug("connection to NATS closed with an error", error=repr(error))

    async def _note_error(self, error: Exception) -> None:
        log.debug("NATS client", connection=self._name, error=repr(error))

    async def _note_reconnect(self) -> None:
        self.reconnects += 1
        log.info("connected to NATS again", connection=self._name)

    async def _note_end(self) -> None:
        self.ended.set()


@contextlib.asynccontextmanager
async def connected(url: str, name: str) -> AsyncIterator[Connection]:
    """A connection that outlives outages of the server; opening and closing it are bounded."""
    connection = Connection(url, name)
    try:
        await connection.open()
        yield connection
    finally:
        await connection.close()
