"""Room in the log for those who append while somebody writes ahead of them (see bulk.py).

It belongs to the process whose append queue it holds back; whoever writes ahead may be another process and ask for it from there.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from events.deciding import Key
from events.log.append import AppendQueue

LEAST_GAP: Final = 32
MOST_GAP: Final = 1024
"""Positions for the others: four times what they needed last time, within these. What they leave is filled under the head's lock."""
_EVENTS_A_COMMAND: Final = 2
"""As most say one, and some two; who says more makes the bulk give way."""


class Gap(Protocol):
    """How a bulk gets its room: it takes it, closes it before it locks the head, and leaves it."""

    async def take(self, beginning: str | None) -> int:
        """Wait for one's turn to write to streams that begin so (None: to none); how many positions to leave to the others."""

    def close(self) -> None:
        """The head is about to be locked: whoever was decided now would have to be decided again."""

    def leave(self, position: int | None = None, others: int = 0) -> None:
        """It is over; if anything was kept, the log's position then, and how many positions the others needed."""


class Room:
    """That of one append queue."""

    def __init__(self, queue: AppendQueue) -> None:
        self._queue = queue
        self._one = asyncio.Lock()
        self._gap = LEAST_GAP
        self._reserved = _Reserved(None, 0)

    async def take(self, beginning: str | None) -> int:
        """As `Gap` says."""
        await self._one.acquire()
        needed = _EVENTS_A_COMMAND * self._queue.depth
        self._gap = min(max(self._gap, 2 * needed), MOST_GAP)
        self._reserved = self._queue.reserved = _Reserved(beginning, self._gap - needed)
        return self._gap

    def close(self) -> None:
        """As `Gap` says."""
        self._reserved.closing = True

    def leave(self, position: int | None = None, others: int = 0) -> None:
        """As `Gap` says."""
        enough = 2 * self._gap if self._reserved.exhausted else 4 * others
        if position is not None:
            self._gap = min(max(enough, LEAST_GAP), MOST_GAP)
            self._queue.passed(position)
        self._queue.reserved = None
        self._reserved.over.set()
        self._one.release()


class _Reserved:
    """Commands on the same streams would wait in the database with the head in their hands; and the gap is not endless."""

    def __init__(self, beginning: str | None, room: int) -> None:
        self.over = asyncio.Event()
        self.exhausted = False
        self.closing = False
        self._beginning = beginning
        self._room = room

    def admits(self, keys: Sequence[Key]) -> bool:
        """Unless it is about the same, or there may not be enough room, or it would only wait for the head's lock."""
        self.exhausted = self.exhausted or (self._room <= 0 and not self.closing)
        if self.closing or self._room <= 0 or self._is_about_the_same(keys):
            return False
        self._room -= _EVENTS_A_COMMAND
        return True

    def _is_about_the_same(self, keys: Sequence[Key]) -> bool:
        beginning = self._beginning
        return beginning is not None and any(key.stream.startswith(beginning) for key in keys)
