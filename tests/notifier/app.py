"""The notifier's web app as its callers meet it: on a port, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp
import msgspec

from edge.mounting import mount
from edge.serving import listen, serve
from edge.testing import Tokens
from notifier.settings import NotifierSettings
from notifier.web import create_app
from tests.notifier.times import Clock, Ids

PREFIX = "/api/notifier/v1"
Names = dict[str, list[str]]
Who = tuple[Any, str | None] | None


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes


class App:
    """Speaks JSON; `as_` says who calls. `names` is the name server."""

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens, names: Names) -> None:
        self.names = names
        self._session = session
        self._tokens = tokens

    async def call(self, method: str, path: str, body: object = None, *, as_: Who = None) -> tuple[int, Any]:
        """The status and what was answered, read as JSON."""
        answer = await self.raw(method, path, body, as_=as_)
        return answer.status, msgspec.json.decode(answer.content) if answer.content else None

    async def raw(self, method: str, path: str, body: object = None, *, as_: Who = None, **headers: str) -> Answer:
        """The answer as it is; `If_None_Match="…"` is a header."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if as_ is not None:
            sent |= self._tokens.bearer(*as_)
        async with self._session.request(method, PREFIX + path, json=body, headers=sent) as response:
            shown = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, shown, await response.read())


@asynccontextmanager
async def running(database: str, clock: Clock, new_id: Ids, **settings: Any) -> AsyncIterator[App]:
    """The app mounted as it is served. Names that `names` lacks do not resolve."""
    tokens, names = Tokens(datetime.now(UTC)), Names()

    async def lookup(host: str, _: int) -> list[str]:
        if host in names:
            return names[host]
        raise OSError("no such name")

    app = create_app(
        NotifierSettings(database_url=database, installation="test", **settings),
        clock=clock,
        new_id=new_id,
        verifier=tokens.verifier(),
        lookup=lookup,
    )
    listening, stop, ready = listen("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    port = listening.getsockname()[1]
    serving = asyncio.create_task(serve(mount({PREFIX: app}), listening, stop=stop, ready=ready.set, grace=1))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        await ready.wait()
        yield App(session, tokens, names)
    stop.set()
    await serving
