"""A subscriber's server on loopback, which answers as it is told."""

import asyncio
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
from aiohttp import web


class Received(NamedTuple):
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return msgspec.json.decode(self.body)


class Receiver:
    """`answers` are used up one by one, then `status` holds; `delay` seconds pass before each answer."""

    def __init__(self) -> None:
        self.status = 204
        self.answers: list[web.Response] = []
        self.delay = 0.0
        self.received: list[Received] = []
        self.url = ""
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/hook"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.received.append(Received(request.path, dict(request.headers), await request.read()))
        await asyncio.sleep(self.delay)
        return self.answers.pop(0) if self.answers else web.Response(status=self.status)
