"""A subscriber's own server: takes webhooks, keeps what came, and verifies signatures with a library that is not ours."""

from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
from aiohttp import web
from standardwebhooks.webhooks import Webhook


class Received(NamedTuple):
    """One request as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return msgspec.json.decode(self.body)

    def verified_with(self, secret: str) -> Any:
        """The event, or an error when the signature is not right."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Listens on loopback for as long as it is entered."""

    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.received: list[Received] = []
        self._runner: web.AppRunner
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/hook"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.received.append(Received(dict(request.headers), await request.read()))
        return web.Response(status=self.status)

    def of_type(self, name: str) -> list[Received]:
        return [one for one in self.received if one.event["type"] == name]
