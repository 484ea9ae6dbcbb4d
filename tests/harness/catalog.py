"""The catalog's web app on a real database, without a server, in the test's own loop: a client, tokens, a clock that stands still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

from catalog.desk import Desk
from catalog.settings import CatalogSettings
from catalog.web import create_app
from edge.mounting import mount, running
from edge.testing import Tokens
from edge.tokens import Role
from events.contracts.envelope import Envelope
from events.contracts.envelope import decode as decode_envelope
from events.deciding import Command
from events.log import read
from events.log.append import Context

PREFIX = "/api/catalog/v1"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Catalog:
    """Calls and what they left in the log."""

    def __init__(self, app: Litestar, client: AsyncClient, tokens: Tokens) -> None:
        self.app = app
        self.client = client
        self.tokens = tokens

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.state.desk
        return desk

    async def call(
        self, method: str, path: str, *, role: str | None = "operator", of: str | None = None, **options: Any
    ) -> Response:
        """A call below the catalog's prefix, as that role of that authority (`role=None`: as nobody)."""
        headers = {**(self.tokens.bearer(cast("Role", role), of) if role else {}), **options.pop("headers", {})}
        return await self.client.request(method, f"{PREFIX}{path}", headers=headers, **options)

    async def hears(self, *commands: Command) -> None:
        """Commands without a route, as the installation itself gives them."""
        for command in commands:
            await self.desk.queue.append(command, Context("inst/operator/1"))

    async def log(self, after: int = 0) -> list[Envelope]:
        """Every event that follows a position."""
        async with self.desk.engine.connect() as connection:
            return [decode_envelope(document) for document in await read.page(connection, after)]


@asynccontextmanager
async def running_catalog(database_url: str, **settings: Any) -> AsyncIterator[Catalog]:
    """The app on a migrated database."""
    tokens = Tokens(NOW)
    given = CatalogSettings(database_url=database_url, installation="test.example", **settings)
    app = create_app(given, clock=tokens.clock, verifier=tokens.verifier())
    mounted = mount({PREFIX: app})
    transport = ASGITransport(mounted)  # type: ignore[arg-type]  # the same protocol, typed twice
    async with running(mounted), AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        yield Catalog(app, client, tokens)


def body_of(response: Response) -> Any:
    """Its JSON."""
    return msgspec.json.decode(response.content)
