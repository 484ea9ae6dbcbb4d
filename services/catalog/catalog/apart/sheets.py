"""Where a sheet is kept: a small one here, a large one in the process for sheets, which is started with the first of them."""

import asyncio
import contextlib
import contextvars
import itertools
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import structlog

from catalog.apart.talk import Begin, Close, Done, Drop, Failed, Given, Job, Kept, Leave, Ready, Take, hear, say
from catalog.domain.sheet import SheetRefused
from catalog.importing.sheet import Sheet
from catalog.sheets import Sheets, Upload
from events.deciding import Answer
from events.log.append import Context, Idempotency, StorageUnavailable
from events.log.room import Room

LARGE: Final = 64 * 1024
"""Bytes from which a sheet is worth the way: some six hundred rows, which take the catalog's thread for 30 ms."""
AT_ONCE: Final = 4
"""So many are in the process at the same time, because each takes some megabytes of its memory; the others wait here."""
START_LIMIT: Final = 60.0
STOP_LIMIT: Final = 5.0
DROP_LIMIT: Final = 10.0
"""Seconds until a process that goes on with a sheet nobody waits for is killed."""
ROOM_LIMIT: Final = 70.0
"""Seconds that it may hold others back in the log; it gives up by itself after sixty."""

log = structlog.get_logger("catalog")


class SheetsApart:
    """One per process; use as `async with`. What is told here as `Sheets` tells it is kept as `Sheets` keeps it."""

    def __init__(self, here: Sheets, room: Room, begin: Begin, kept: Callable[[], None]) -> None:
        self._here = here
        self._room = room
        self._begin = begin
        self._kept = kept
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._starting = asyncio.Lock()
        self._clerk: _Clerk | None = None
        self._stopping = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        async with self._starting:
            if self._clerk is not None:
                await self._clerk.stop()

    async def keep(
        self, upload: Upload, context: Context, idempotency: Idempotency | None
    ) -> tuple[Sheet, Answer | SheetRefused]:
        """What was read, but for the rows of a large one, and what became of it. Raises as `Sheets.keep` does."""
        if len(upload.body) < LARGE:
            return await self._here.keep(upload, context, idempotency)
        async with self._at_once:
            return await (await self._working()).keep(upload, context, idempotency)

    async def _working(self) -> "_Clerk":
        async with self._starting:
            if self._stopping:
                raise StorageUnavailable("the service is stopping")
            if self._clerk is None or self._clerk.is_over:
                self._clerk = await _start(self._begin, self._room, self._kept)
            return self._clerk


class _Clerk:
    """The process, and those who wait for what it does."""

    def __init__(
        self,
        process: Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        room: Room,
        kept: Callable[[], None],
    ) -> None:
        self.is_over = False
        self._process = process
        self._reader = reader
        self._writer = writer
        self._kept = kept
        self._room = _Lent(room, process)
        self._numbers = itertools.count()
        self._jobs: dict[int, asyncio.Future[tuple[Sheet, Answer | SheetRefused]]] = {}
        self._dropped: set[int] = set()
        # In a context of its own: it is not part of the request that happened to be the first.
        self._listening = asyncio.create_task(self._listen(), name="sheets-apart", context=contextvars.Context())

    async def keep(
        self, upload: Upload, context: Context, idempotency: Idempotency | None
    ) -> tuple[Sheet, Answer | SheetRefused]:
        if self.is_over:
            raise _ended()
        number = next(self._numbers)
        waiting: asyncio.Future[tuple[Sheet, Answer | SheetRefused]] = asyncio.get_running_loop().create_future()
        self._jobs[number] = waiting
        try:
            say(self._writer, Job(number, upload, context, idempotency))
            with contextlib.suppress(ConnectionError):  # the one who listens tells
                await self._writer.drain()
            return await waiting
        except asyncio.CancelledError:
            self._drop(number)
            raise
        finally:
            del self._jobs[number]

    async def stop(self) -> None:
        """Whoever still waits is told that it is over."""
        self._writer.close()
        await asyncio.wait({self._listening}, timeout=STOP_LIMIT)
        _kill(self._process)
        await asyncio.wait({self._listening})

    def _drop(self, number: int) -> None:
        if not self.is_over:
            self._dropped.add(number)
            say(self._writer, Drop(number))
            asyncio.get_running_loop().call_later(DROP_LIMIT, self._kill_if_still_at, number)

    def _kill_if_still_at(self, number: int) -> None:
        if number in self._dropped:
            log.error("the process for sheets does not answer")
            _kill(self._process)

    async def _listen(self) -> None:
        try:
            while True:
                self._hear(await hear(self._reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._end()
            await self._process.wait()
            log.info("process for sheets ended", code=self._process.returncode)

    def _hear(self, message: Any) -> None:
        match message:
            case Done(number, sheet, outcome):
                self._settle(number, lambda waiting: waiting.set_result((sheet, outcome)))
            case Failed(number, error):
                self._settle(number, lambda waiting: waiting.set_exception(error))
            case Take():
                self._room.take(message, self._writer)
            case Close():
                self._room.close()
            case Leave():
                self._room.leave(message)
            case Kept():
                self._kept()

    def _settle(
        self, number: int, how: Callable[["asyncio.Future[tuple[Sheet, Answer | SheetRefused]]"], None]
    ) -> None:
        self._dropped.discard(number)
        waiting = self._jobs.get(number)
        if waiting is not None and not waiting.done():
            how(waiting)

    def _end(self) -> None:
        """Nothing of what it had not committed is kept, and whatever it was about to answer is not known."""
        self.is_over = True
        self._dropped.clear()
        self._writer.close()
        self._room.leave(Leave(None, 0))
        for waiting in self._jobs.values():
            if not waiting.done():
                waiting.set_exception(_ended())


class _Lent:
    """The room in the log, while the process has it."""

    def __init__(self, room: Room, process: Process) -> None:
        self._room = room
        self._process = process
        self._taking: asyncio.Task[None] | None = None
        self._limit: asyncio.TimerHandle | None = None

    def take(self, asked: Take, writer: asyncio.StreamWriter) -> None:
        """Wait for it beside everything else, and tell."""
        self._taking = asyncio.create_task(self._take(asked, writer))

    def close(self) -> None:
        """The process locks the head."""
        self._room.close()

    def leave(self, left: Leave) -> None:
        """Whether it has it or only waits for it."""
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
            self._room.leave(left.position, left.others)

    async def _take(self, asked: Take, writer: asyncio.StreamWriter) -> None:
        gap = await self._room.take(asked.beginning)
        self._limit = asyncio.get_running_loop().call_later(ROOM_LIMIT, _kill, self._process)
        say(writer, Given(asked.turn, gap))


async def _start(begin: Begin, room: Room, kept: Callable[[], None]) -> _Clerk:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "catalog.apart", str(theirs.fileno()), pass_fds=[theirs.fileno()], stdin=DEVNULL
            )
        except OSError as error:
            ours.close()
            raise _not_started(error) from error
    try:
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        async with asyncio.timeout(START_LIMIT):
            say(writer, begin)
            ready = await hear(reader)
            assert isinstance(ready, Ready)
    except BaseException as error:
        _kill(process)
        if isinstance(error, (OSError, TimeoutError, asyncio.IncompleteReadError)):
            raise _not_started(error) from error
        raise
    log.info("process for sheets started", pid=process.pid)
    return _Clerk(process, reader, writer, room, kept)


def _not_started(error: BaseException) -> StorageUnavailable:
    log.error("the process for sheets does not start", error=repr(error))
    return StorageUnavailable("the process for sheets does not start")


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


def _ended() -> StorageUnavailable:
    return StorageUnavailable("the process for sheets ended; repeat the request with its Idempotency-Key")
