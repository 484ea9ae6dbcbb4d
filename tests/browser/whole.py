"""All three services at one address, with what they do in the background: what people do on pages goes all the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp
import uvicorn

import catalog.web
import catalog.worker
import notifier.migrating
import notifier.web
import notifier.worker
import progress.migrating
import progress.web
import progress.worker
from catalog.settings import CatalogSettings
from edge.mounting import mount
from edge.testing import Tokens
from embedded.nats import free_port
from notifier.settings import NotifierSettings
from progress.settings import ProgressSettings
from tests.catalog.conftest import prepare
from tests.harness.postgres import Databases


class Whole(NamedTuple):
    """Where it is, and who may do what there."""

    url: str
    tokens: Tokens

    async def call(self, method: str, path: str, body: Any = None, *, role: Any, of: str | None) -> Any:
        """As a program would; the answer must be one of 2xx."""
        async with (
            aiohttp.ClientSession(headers=self.tokens.bearer(role, of)) as session,
            session.request(method, f"{self.url}/api{path}", json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()
            return await answer.json()


@asynccontextmanager
async def whole(databases: Databases, nats_url: str) -> AsyncIterator[Whole]:
    """A catalog of a few authorities and services of Saxony, and those who follow it."""
    port = free_port()
    url, tokens = f"http://127.0.0.1:{port}", Tokens(datetime.now(UTC))
    usual: dict[str, Any] = {"installation": "test.example", "nats_url": nats_url, "public_url": url}
    following = usual | {"catalog_url": f"{url}/api/catalog/v1"}
    recording = CatalogSettings(database_url=await databases.prepared("catalog_of_saxony", prepare), **usual)
    showing = ProgressSettings(
        database_url=await databases.prepared("progress", progress.migrating.migrate),
        notifier_url=f"{url}/api/notifier/v1",
        **following,
    )
    telling = NotifierSettings(
        database_url=await databases.prepared("notifier", notifier.migrating.migrate),
        allow_loopback_webhooks=True,
        **following,
    )
    pages = progress.web.create_app(showing, verifier=tokens.verifier())
    apps = {
        "/api/catalog/v1": catalog.web.create_app(recording, verifier=tokens.verifier()),
        "/api/progress/v1": pages,
        "/api/notifier/v1": notifier.web.create_app(telling, verifier=tokens.verifier()),
        "": pages,
    }
    server = uvicorn.Server(uvicorn.Config(mount(apps), port=port, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.02)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(catalog.worker.working(recording))
        await stack.enter_async_context(progress.worker.working(showing))
        await stack.enter_async_context(notifier.worker.working(telling))
        yield Whole(url, tokens)
    server.should_exit = True
    await serving
