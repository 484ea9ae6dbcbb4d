"""HTTP/1.1 as far as a webhook needs it: one POST, its status, one header and the first bytes of the answer.

No redirect, no proxy, no cookie and no compression exist here. Connections stay open for the next request to the same host and port,
because thousands of receivers may sit behind one; which addresses may be connected to is decided in `connecting`.
"""

import asyncio
import ssl
from collections import defaultdict
from typing import Final, NamedTuple, cast

import httptools

from notifier.channels.webhook.connecting import Connecting, Origin

ANSWER_BYTES: Final = 1024
"""So much of an answer is kept for whoever looks for the mistake. What is longer is not read: the connection is dropped."""
HEAD_BYTES: Final = 65_536
IDLE_SECONDS: Final = 20.0
_RETRY_AFTER: Final = b"retry-after"
_LONGEST_WISH: Final = 64


class HungUp(ConnectionError):
    """The receiver closed the connection without an answer."""


class NoHttp(OSError):
    """What came back is no HTTP."""


class Reply(NamedTuple):
    """What the receiver said."""

    status: int
    answer: bytes
    retry_after: str | None


class Exchange(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._forget()
        self.idle_since = 0.0

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._waiting is None and self._transport is not None and not self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Whether nothing has come for the request that was sent last."""
        return not self._read

    async def post(self, request: bytes) -> Reply:
        """Raises HungUp, NoHttp, and TimeoutError of whoever waits no longer."""
        if self._transport is None:
            raise HungUp
        self._forget()
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            if self._waiting is not None:  # nobody waits for the answer any more
                self._waiting = None
                self.close()

    def close(self) -> None:
        """At once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def _forget(self) -> None:
        self._read = 0
        self._status = 0
        self._answer = b""
        self._retry_after: str | None = None

    # ---- what asyncio says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.close()
            return
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._end(NoHttp(str(error)))
        if not self._status and self._read > HEAD_BYTES:
            self._end(NoHttp("its head does not end"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._status:
            self._end(None)  # an answer without a length ends with its connection, and one cut short has a status, too
        else:
            self._end(exc if isinstance(exc, ssl.SSLError) else HungUp())

    # ---- what the parser says

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == _RETRY_AFTER:
            self._retry_after = value[:_LONGEST_WISH].decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self._status = status

    def on_body(self, body: bytes) -> None:
        if self._status:
            self._answer += body[: ANSWER_BYTES - len(self._answer)]
            if len(self._answer) == ANSWER_BYTES:
                self._end(None)

    def on_message_complete(self) -> None:
        if self._status and self._waiting is not None:
            self._end(None, keep=self._parser.should_keep_alive())

    def _end(self, error: Exception | None, *, keep: bool = False) -> None:
        waiting, self._waiting = self._waiting, None
        if not keep:
            self.close()
        if waiting is None or waiting.done():
            return
        if error is None:
            waiting.set_result(Reply(self._status, self._answer, self._retry_after))
        else:
            waiting.set_exception(error)


class Exchanges:
    """The connections there are, by where they lead."""

    def __init__(self, connecting: Connecting) -> None:
        self._connecting = connecting
        self._idle: defaultdict[Origin, list[Exchange]] = defaultdict(list)
        self._sweep: asyncio.TimerHandle | None = None

    async def post(self, origin: Origin, request: bytes, seconds: float) -> Reply:
        """Raises OSError, TimeoutError among it.

        A kept connection that the receiver has just closed shows so only when it is used: then a fresh one is tried.
        """
        async with asyncio.timeout(seconds):
            kept = self._kept(origin)
            if kept is not None:
                try:
                    return await self._through(kept, origin, request)
                except ConnectionError:
                    if not kept.silent:
                        raise
            return await self._through(await self._connecting.connected(origin, Exchange), origin, request)

    def close(self) -> None:
        """All that are idle."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for exchanges in self._idle.values():
            for exchange in exchanges:
                exchange.close()
        self._idle.clear()

    def _kept(self, origin: Origin) -> Exchange | None:
        """The one used last is the likeliest to be open still."""
        idle = self._idle.get(origin)
        while idle:
            exchange = idle.pop()
            if exchange.usable:
                return exchange
        return None

    async def _through(self, exchange: Exchange, origin: Origin, request: bytes) -> Reply:
        reply = await exchange.post(request)
        if exchange.usable:
            exchange.idle_since = asyncio.get_running_loop().time()
            self._idle[origin].append(exchange)
            if self._sweep is None:
                self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close_idle)
        return reply

    def _close_idle(self) -> None:
        """Those that nobody has used for long; again later, if any are left."""
        self._sweep = None
        loop = asyncio.get_running_loop()
        long_ago = loop.time() - IDLE_SECONDS
        for origin, exchanges in list(self._idle.items()):
            for exchange in exchanges:
                if exchange.idle_since <= long_ago:
                    exchange.close()
            open_ = [exchange for exchange in exchanges if exchange.usable]
            if open_:
                self._idle[origin] = open_
            else:
                del self._idle[origin]
        if self._idle:
            self._sweep = loop.call_later(IDLE_SECONDS, self._close_idle)
