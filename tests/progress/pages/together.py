"""Catalog and pages together: what a clerk does on a page reaches the catalog by REST, and its events reach the pages."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Final

import uvicorn
from httpx import Response
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog.migrating import migrate as migrate_catalog
from edge.mounting import mount
from edge.testing import Tokens
from embedded.nats import free_port
from events.following.heard import page_told
from events.log import read
from progress.applying import Progress
from progress.database import engine
from progress.migrating import migrate
from progress.settings import ProgressSettings
from progress.web import create_app
from tests.harness.catalog import PREFIX, Catalog, running_catalog
from tests.harness.postgres import Databases
from tests.progress.pages.looking import Client, asking
from tests.situations import saxony

OWN: Final = {"Sec-Fetch-Site": "same-origin"}


class Together:
    """The client of the pages, and the catalog behind them."""

    def __init__(self, client: Client, app: Litestar, catalog: Catalog, database: AsyncEngine) -> None:
        self.client = client
        self.app = app
        self.catalog = catalog
        self._database = database
        self._position = 0

    @property
    def tokens(self) -> Tokens:
        return self.catalog.tokens

    async def sign_in(self, role: str = "editor", of: str | None = saxony.LEIPZIG) -> None:
        """As somebody of that authority."""
        token = self.tokens.token(role, of)  # type: ignore[arg-type]  # a role
        answer = await self.client.post(
            "/anmelden", data={"token": token, "next": "/suche"}, headers=OWN, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text

    async def send(self, path: str, **fields: str) -> Response:
        """As the page's form does; nothing is followed."""
        answer = await self.client.post(path, data=fields, headers=OWN, follow_redirects=False)
        await self.hear()
        return answer

    async def record(self, of: str = "147130000000", service: str = "99115005060000", **status: object) -> None:
        """Directly at the catalog, as somebody else does."""
        body = {"phase": "planned", "effective_on": "2026-10-01"} | status
        answer = await self.catalog.call("PUT", f"/municipalities/{of}/services/{service}/status", json=body)
        assert answer.is_success, answer.text
        await self.hear()

    async def hear(self) -> None:
        """Everything new reaches the figures."""
        async with self.catalog.desk.engine.connect() as connection:
            documents = await read.page(connection, self._position)
        if not documents:
            return
        told = page_told(documents, self._position, "//test.example/catalog")
        news = [one.heard for one in told if one.heard is not None]
        assert len(news) == len(told)
        async with self._database.begin() as connection:
            await Progress(UTC).apply(connection, news)
            await connection.execute(text("UPDATE followers SET position = :p"), {"p": news[-1].position})
        self._position = news[-1].position


@asynccontextmanager
async def together(databases: Databases) -> AsyncIterator[Together]:
    """Saxony is registered; nothing is recorded yet."""
    catalog_url = await databases.prepared("catalog", migrate_catalog)
    progress_url = await databases.prepared("progress", migrate)
    database = engine(progress_url)
    async with running_catalog(catalog_url) as catalog, listening({PREFIX: catalog.app}) as port:
        await catalog.hears(*saxony.authorities(), *saxony.services())
        async with database.begin() as connection:
            await connection.execute(
                text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', 0, 'x')")
            )
        settings = ProgressSettings(database_url=progress_url, catalog_url=f"http://127.0.0.1:{port}{PREFIX}")
        app = create_app(settings, clock=catalog.tokens.clock, verifier=catalog.tokens.verifier())
        async with asking(app) as client:
            both = Together(client, app, catalog, database)
            await both.hear()
            yield both
    await database.dispose()


@asynccontextmanager
async def hearing(both: Together) -> AsyncIterator[None]:
    """Everything new reaches the figures by itself, as long as the block lasts."""

    async def hear() -> None:
        while True:
            await both.hear()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(hear())
    yield
    task.cancel()


@asynccontextmanager
async def listening(apps: Mapping[str, Litestar]) -> AsyncIterator[int]:
    """Running apps on a port, in this loop; their lives are minded elsewhere."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(mount(apps), port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await serving
