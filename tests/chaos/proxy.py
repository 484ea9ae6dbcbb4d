"""A wire that can be cut, stalled and slowed: forwards bytes between whoever connects and a server on a port or a Unix socket."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Final

CHUNK: Final = 65_536
ENDS_WITHIN_SECONDS: Final = 5.0


class Proxy:
    """Listens on loopback while entered. What it does to the wire holds for all connections through it."""

    def __init__(self, target: Callable[[], int | str]) -> None:
        """`target` says where the server is now: a port on loopback, or the path of a Unix socket."""
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay = 0.0
        self._server: asyncio.Server
        self.port = 0

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._flowing.set()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=ENDS_WITHIN_SECONDS)

    def cut(self) -> None:
        """Every connection ends in the middle of whatever it was saying."""
        for writer in self._open:
            writer.transport.abort()

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Nothing passes, and nobody is told."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Every piece takes that much longer."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            there = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, there[1]}
        self._open |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forward(reader, there[1]))
                group.create_task(self._forward(there[0], writer))
        except* OSError:
            pass
        finally:
            self._open -= pair
            for one in pair:
                one.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target = self._target()
        if isinstance(target, int):
            return await asyncio.open_connection("127.0.0.1", target, limit=CHUNK)
        return await asyncio.open_unix_connection(target, limit=CHUNK)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one side ends; then the other hears of it."""
        while piece := await reader.read(CHUNK):
            await asyncio.sleep(self._delay)
            await self._flowing.wait()
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError
