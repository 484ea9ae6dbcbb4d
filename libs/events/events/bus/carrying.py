"""From the log to the stream without a pause: what follows is read and written while the answers to what went before are awaited.

Each publication names the sequence that it expects before it, so that behind one that failed nothing gets in, and what is in
flight when the relay turns back does no harm.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from events.bus.connection import stopped
from events.bus.outbox import Entry, Log
from events.bus.publishing import Sent
from events.bus.streams import BATCH_LIMIT, Stream
from events.tracing import Spans, Tracer, origins

IN_FLIGHT: Final = 3
"""Publications that were written and not yet answered."""
POLL_SECONDS: Final = 0.5
"""The guarantee behind the wake-ups, which are hints."""


class Carrying:
    """One uninterrupted stretch of relaying, from a position at which log and stream agree."""

    def __init__(
        self,
        events: Log,
        stream: Stream,
        position: int,
        *,
        woken: asyncio.Event,
        on_read: Callable[[int], None],
        tracer: Tracer | None = None,
    ) -> None:
        self._read = position
        self._on_read = on_read
        self._events = events
        self._stream = stream
        self._woken = woken
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._flight: asyncio.Queue[tuple[Sent, Spans | None] | None] = asyncio.Queue()
        self._tracer = tracer

    async def ends(self, due: Callable[[], bool]) -> AsyncGenerator[int, None]:
        """Where the stream ends, again and again, until something is `due`. Close it."""
        sending = asyncio.create_task(self._send(due))
        try:
            while (flying := await self._flight.get()) is not None:
                sent, spans = flying
                end = await self._stream.acknowledged(sent)
                if spans is not None:
                    spans.end()
                yield end
                self._slots.release()
            await sending
        finally:
            await stopped(sending)

    async def _send(self, due: Callable[[], bool]) -> None:
        try:
            while not due():
                self._woken.clear()
                entries = await self._events.after(self._read)
                if entries:
                    self._on_read(entries[-1].position)
                    await self._write(entries)
                if len(entries) < BATCH_LIMIT:
                    await self._rest()
        finally:
            self._flight.put_nowait(None)

    async def _write(self, entries: Sequence[Entry]) -> None:
        while entries:
            await self._slots.acquire()
            sent = await self._stream.send(entries, self._read)
            count = sent.end - self._read
            self._flight.put_nowait((sent, self._told(entries[:count])))
            entries = entries[count:]
            self._read = sent.end

    def _told(self, sent: Sequence[Entry]) -> Spans | None:
        """They are on their way; what fails is not told, because it is done again."""
        if self._tracer is None:
            return None
        causes = origins(entry.document for entry in sent)
        what = f"publish {self._stream.name}"
        return self._tracer.during(what, causes, "producer", events=len(sent), position=sent[-1].position)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
