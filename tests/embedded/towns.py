"""A stand-in for the three services: remembers towns in its own database, so that tests need only the launcher.

`python tests/embedded/towns.py run …` is `python -m embedded run …` with it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import asyncpg
import nats
from litestar import Litestar, Request, get, put
from litestar.response import ServerSentEvent
from litestar.types import ASGIApp

from embedded.__main__ import main


class Towns:
    """As a real one: migrations, reference data, an app, workers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefixes: tuple[str, ...] = (f"/api/{name}/v1",)

    async def migrate(self, environment: Mapping[str, str]) -> None:
        await self._ask(environment, "CREATE TABLE IF NOT EXISTS towns (name text PRIMARY KEY)")

    async def fill(self, environment: Mapping[str, str]) -> None:
        await self._ask(environment, "INSERT INTO towns VALUES ('Chemnitz') ON CONFLICT DO NOTHING")

    def app(self, environment: Mapping[str, str]) -> ASGIApp:
        @put("/towns/{town:str}")
        async def keep(town: str) -> dict[str, str]:
            await self._ask(environment, "INSERT INTO towns VALUES ($1) ON CONFLICT DO NOTHING", town)
            return {"kept": town}

        @get("/towns")
        async def count(request: Request[Any, Any, Any]) -> dict[str, object]:
            number = await self._ask(environment, "SELECT count(*) FROM towns")
            return {"towns": number, "root_path": request.scope["root_path"]}

        @get("/messages")
        async def stored_messages() -> dict[str, int]:
            """Through JetStream, so that the answer proves it is there."""
            client = await nats.connect(environment["OZG_NATS_URL"])
            try:
                stream = await client.jetstream().add_stream(name="TOWNS", subjects=["towns"])
                await client.jetstream().publish("towns", b"")
                return {"messages": stream.state.messages + 1}
            finally:
                await client.close()

        @get("/for-ever")
        async def for_ever() -> ServerSentEvent:
            async def pings() -> AsyncIterator[str]:
                while True:
                    yield "ping"
                    await asyncio.sleep(0.1)

            return ServerSentEvent(pings())

        return Litestar([keep, count, stored_messages, for_ever])

    def working(self, environment: Mapping[str, str]) -> AbstractAsyncContextManager[object]:
        @asynccontextmanager
        async def working() -> AsyncIterator[None]:
            task = asyncio.create_task(asyncio.sleep(3600))
            try:
                yield
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

        return working()

    async def _ask(self, environment: Mapping[str, str], statement: str, *values: object) -> object:
        connection = await asyncpg.connect(environment[f"OZG_{self.name.upper()}_DATABASE_URL"])
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], [Towns("catalog"), Towns("progress"), Towns("notifier")]))
