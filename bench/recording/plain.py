"""The route `PUT …/status` as a plain program has it: the same path, body, headers and token check, and one INSERT.

    python -m bench.recording.plain sqlalchemy|asyncpg|eventsourcing <port> <file with the public key> <database's URL>

A bare Litestar app on the product's server, without anything of the product around its routes. The answer is ready-made and as long as
the product's. `sqlalchemy` commits in a session of a pool of 16, `asyncpg` in a pool of 16 connections, `eventsourcing` saves an
aggregate in a thread, as a synchronous library has to; it is found in its own environment, which whoever starts this adds to PYTHONPATH.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from litestar import Litestar, Request, Response, put
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import JSONBody
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

from catalog.routes.statuses import PATH, StatusBody
from edge import serving
from edge.token_refusals import TokenRefused
from edge.tokens import Verifier, load_public_keys
from events.log.connect import connect

POOL = 16
PREFIX = "/api/catalog/v1"
ANSWER = b"{" + b" " * 700 + b"}"
Insert = Callable[[str, str, bytes], Awaitable[object]]
Keeping = AbstractAsyncContextManager[Insert]

TABLE = """
CREATE TABLE IF NOT EXISTS statuses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, municipality text NOT NULL, service text NOT NULL, body jsonb NOT NULL,
    time timestamptz NOT NULL DEFAULT now()
)
"""
_INSERT = "INSERT INTO statuses (municipality, service, body) VALUES ($1, $2, $3)"


@asynccontextmanager
async def sqlalchemy(url: str) -> AsyncIterator[Insert]:
    """A connection of the pool, a plain INSERT, a commit."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=POOL, max_overflow=0
    )
    statuses = sa.table("statuses", sa.column("municipality"), sa.column("service"), sa.column("body", JSONB))

    async def insert(municipality: str, service: str, body: bytes) -> None:
        async with engine.begin() as connection:
            row = {"municipality": municipality, "service": service, "body": msgspec.json.decode(body)}
            await connection.execute(statuses.insert().values(row))

    yield insert
    await engine.dispose()


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[Insert]:
    """A connection of the pool and a prepared INSERT that commits itself."""
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as pool:

        async def insert(municipality: str, service: str, body: bytes) -> None:
            await pool.execute(_INSERT, municipality, service, body.decode())

        yield insert


@asynccontextmanager
async def eventsourcing(url: str) -> AsyncIterator[Insert]:
    """A new aggregate, saved in a thread of its own."""
    appending: Any = import_module("bench.peers.eventsourcing.appending")  # only where the library is
    application = appending.Catalog(env=appending.environment_of(url))

    async def insert(municipality: str, service: str, body: bytes) -> None:
        data = {"municipality": municipality, "service": service, **msgspec.json.decode(body)}
        await asyncio.to_thread(application.record_status, data)

    yield insert
    application.close()


KEEPING: dict[str, Callable[[str], Keeping]] = {
    "sqlalchemy": sqlalchemy,
    "asyncpg": raw,
    "eventsourcing": eventsourcing,
}


async def token_of_an_operator(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:  # noqa: ARG001 - a guard is given it
    """The same check, and as in the product a token that was verified is remembered."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    try:
        caller = connection.app.state.verifier.verify(token)
    except TokenRefused as refused:
        raise NotAuthorizedException(str(refused)) from refused
    if scheme != "Bearer" or caller.role not in {"editor", "operator"}:
        raise NotAuthorizedException


@put(f"{PREFIX}{PATH}", guards=[token_of_an_operator])
async def record_status(
    request: Request[Any, Any, Any], municipality: str, service: str, data: JSONBody[StatusBody]
) -> Response[bytes]:
    """Kept as it came."""
    await request.app.state.insert(municipality, service, msgspec.json.encode(data))
    return Response(ANSWER, status_code=201, headers={"ETag": '"1"'}, media_type="application/json")


async def main(kind: str, port: str, public_key: str, url: str) -> None:
    """Serves until it is asked to stop."""
    connection = await connect(url)
    await connection.execute(TABLE)
    await connection.close()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    verifier = Verifier(load_public_keys(Path(public_key)), lambda: datetime.now(UTC))
    async with KEEPING[kind](url) as insert:
        app = Litestar([record_status], openapi_config=None, logging_config=None)
        app.state.update({"insert": insert, "verifier": verifier})
        await serving.serve(app, serving.listen("127.0.0.1", int(port)), stop=stop)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
