"""A TCP proxy between a client and a server that cuts every connection, or lets nobody in, when told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """`port` is where clients connect; `refuse = True` lets nobody in, `cut()` breaks who is in."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.refuse = False
        self.port = 0
        self.let_in = 0
        self.bytes_until_cut: int | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            writer.transport.abort()
            return
        self.let_in += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        await asyncio.gather(self._pump(reader, back, counts=True), self._pump(there, writer))
        self._open -= {writer, back}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool = False) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(16384):
                if counts and self.bytes_until_cut is not None:
                    self.bytes_until_cut -= len(chunk)
                    if self.bytes_until_cut < 0:
                        self.bytes_until_cut = None
                        writer.write(chunk[: len(chunk) // 2])
                        await writer.drain()
                        self.cut()
                        return
                writer.write(chunk)
                await writer.drain()
        writer.transport.abort()


@contextlib.asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(port)
    server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
