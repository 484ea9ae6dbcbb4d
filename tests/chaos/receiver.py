"""Subscribers' servers that can be put into a bad mood: they hang, answer garbage, redirect, refuse, or are not there."""

import asyncio
import random
from typing import Final, Literal, get_args

from aiohttp import web

from tests.journeys.receiver import Received

Mood = Literal["well", "hangs", "garbage", "redirects", "errors", "dead"]
MOODS: Final = tuple(mood for mood in get_args(Mood) if mood != "well")
HANGS_SECONDS: Final = 60.0


class Receiver:
    """Listens on one port for as long as it is entered; what came in while it was well counts as received."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.received: list[Received] = []
        self._runner: web.AppRunner
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hook"

    async def __aenter__(self) -> "Receiver":
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def be(self, mood: Mood) -> None:
        """From the next request on; a dead one does not even listen."""
        was, self.mood = self.mood, mood
        if mood == "dead":
            for site in list(self._runner.sites):
                await site.stop()
        elif was == "dead":
            await self._listen()

    async def _listen(self) -> None:
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[-1][1]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        match self.mood:
            case "well":
                self.received.append(Received(dict(request.headers), await request.read()))
                return web.Response(status=204)
            case "hangs":
                await asyncio.sleep(HANGS_SECONDS)
            case "garbage" if request.transport is not None:
                request.transport.write(random.Random(len(self.received)).randbytes(2000))
                request.transport.close()
            case "redirects":
                return web.Response(status=307, headers={"Location": f"{self.url}/elsewhere"})
            case _:
                pass
        return web.Response(status=500, text="\x00" * 10_000)
