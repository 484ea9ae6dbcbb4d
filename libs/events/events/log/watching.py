"""Whether the log has moved on: one listener for everyone in the process who waits for something new."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog

from events.log.connect import Connection, connect
from events.log.tables import channel

POLL_SECONDS: Final = 0.5
"""The guarantee behind the announcements, which are hints."""
PAUSE_SECONDS: Final = 1.0
_HEAD = "SELECT position FROM heads WHERE log = $1"

log = structlog.get_logger(__name__)


class Head:
    """The position of the log's last event, as last seen."""

    def __init__(self, url: str, speaker: str) -> None:
        self.position = 0
        self._url = url
        self._speaker = speaker
        self._moved = asyncio.Condition()
        self._woken = asyncio.Event()

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator["Head"]:
        """Watch in the background; outages are waited out."""
        task = asyncio.create_task(self._watch(), name=f"{self._speaker}-head")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task})

    def wake(self) -> None:
        """Something was appended in this process."""
        self._woken.set()

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait until there is more than that, but no longer than so many seconds."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.position > position)
        except TimeoutError:
            return False
        return True

    async def _watch(self) -> None:
        while True:
            try:
                connection = await connect(self._url, application_name=f"{self._speaker}-head")
                try:
                    await connection.add_listener(channel(self._speaker), lambda *_: self.wake())
                    await self._follow(connection)
                finally:
                    connection.terminate()
            except Exception as error:  # noqa: BLE001  whatever it is: readers wait a little longer
                log.debug("the head cannot be watched", log=self._speaker, error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self, connection: Connection) -> None:
        while True:
            self._woken.clear()
            position = await connection.fetchval(_HEAD, self._speaker, timeout=10)
            if position != self.position:
                async with self._moved:
                    self.position = position
                    self._moved.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()
