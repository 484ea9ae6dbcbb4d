"""One service's web app on a real database with Saxony in it, to be asked what it should refuse."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import asyncpg
import msgspec
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar

from edge.documenting import openapi_document
from edge.guarding import closed, requirement
from edge.mounting import mount, running
from edge.testing import Tokens
from edge.tokens import Role

SAFE: Final = frozenset({"get", "head", "options"})


class Call(NamedTuple):
    """One operation of a service's document."""

    service: str
    method: str
    path: str
    id: str
    roles: frozenset[str]
    """Who may; empty where no token is needed."""

    @property
    def writes(self) -> bool:
        return self.method not in SAFE

    def __str__(self) -> str:
        return f"{self.service} {self.id}"


class Place:
    """The running app: calls, and what they left behind."""

    def __init__(
        self, name: str, database_url: str, app: Litestar, client: AsyncClient, tokens: Tokens, known: dict[str, str]
    ) -> None:
        self.name = name
        self.app = app
        self.client = client
        self.tokens = tokens
        self.known = known
        """What stands in paths."""
        self._database_url = database_url

    async def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        of: str | None = None,
        headers: Mapping[str, str] = {},
        **options: Any,
    ) -> Response:
        """A call below the service's prefix, as that role of that authority or as nobody."""
        token = self.tokens.bearer(cast("Role", role), of) if role else {}
        return await self.client.request(
            method.upper(), prefix(self.name) + path, headers={**token, **headers}, **options
        )

    async def position(self) -> int:
        """How much was ever said; progress says nothing yet."""
        connection = await asyncpg.connect(self._database_url)
        try:
            if await connection.fetchval("SELECT to_regclass('heads')") is None:
                return 0
            return int(await connection.fetchval("SELECT max(position) FROM heads"))
        finally:
            await connection.close()


Make = Callable[[str, Tokens], Litestar]


def prefix(service: str) -> str:
    return f"/api/{service}/v1"


def calls(service: str, app: Litestar) -> list[Call]:
    """Every operation that the document describes."""
    roles = {(method.lower(), path): frozenset(_roles(handler)) for method, path, handler in closed(app)}
    return [
        Call(service, method, path, operation["operationId"], roles.get((method, path), frozenset()))
        for path, operations in openapi_document(app)["paths"].items()
        for method, operation in operations.items()
    ]


def _roles(handler: Any) -> tuple[str, ...]:
    wanted = requirement(handler)
    return wanted.roles if wanted is not None else ()


@asynccontextmanager
async def open_place(
    name: str, database_url: str, now: datetime, make: Make, known: dict[str, str]
) -> AsyncIterator[Place]:
    """The app as it is mounted; a fault of its own is an answer, as it would be on a port."""
    tokens = Tokens(now)
    app = make(database_url, tokens)
    mounted = mount({prefix(name): app})
    transport = ASGITransport(mounted, raise_app_exceptions=False)  # type: ignore[arg-type]  # the same, typed twice
    async with running(mounted), AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        yield Place(name, database_url, app, client, tokens, dict(known))


def problem_of(response: Response) -> Any:
    """The problem document, checked to be one that tells somebody something."""
    assert response.headers["content-type"] == "application/problem+json", (response.status_code, response.text[:500])
    problem = msgspec.json.decode(response.content)
    assert problem["status"] == response.status_code
    assert problem["type"].startswith("urn:ozg:problem:")
    assert problem["title"]
    assert len(problem["detail"]) > 10
    assert problem["instance"] == response.headers["x-correlation-id"]
    return problem
