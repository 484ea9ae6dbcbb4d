"""One kept connection that sends ready-made requests and looks at no more of an answer than status and length."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

Answered = Callable[["Connection", int, bytes], None]
_NO_BODY = frozenset({204, 304})


class UnknownLength(Exception):
    """An answer that tells no length cannot be followed by another."""


class Connection(asyncio.Protocol):
    """`answered(connection, status, answer)` is called once for each request; status 0: the server hung up."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._needed = 0
        self._status = 0
        self.waits = False
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes, began: float) -> None:
        """Only when nothing is waited for."""
        assert self._transport is not None
        self.began = began
        self.waits = True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._status = int(self._buffer[9:12])
            self._needed = end + 4 + _length(self._buffer[:end].lower(), self._status)
        if len(self._buffer) >= self._needed:
            answer, self._buffer = self._buffer[: self._needed], self._buffer[self._needed :]
            self._needed = 0
            self.waits = False
            self._answered(self, self._status, answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waits:
            self.waits = False
            self._answered(self, 0, repr(exc).encode())
        self._transport = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes, status: int) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        return int(head[at + 17 :].split(b"\r\n", 1)[0])
    if status in _NO_BODY:
        return 0
    raise UnknownLength(head.decode(errors="replace"))
