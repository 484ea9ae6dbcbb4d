"""A database that goes away is said so, and nothing needs a restart when it comes back."""

import asyncio
from collections.abc import Awaitable, Callable

from httpx import Response

from tests.catalog.conftest import prepare
from tests.harness.catalog import Catalog, running_catalog
from tests.harness.postgres import PostgresServer
from tests.situations.saxony import LEIPZIG

STATUS = "/municipalities/147130000000/services/99115005060000/status"


async def test_an_outage_is_503_and_passes(own_postgres: PostgresServer) -> None:
    own_postgres.sql("CREATE DATABASE catalog")
    url = own_postgres.url("catalog")
    await prepare(url)
    async with running_catalog(url) as catalog:
        assert (await _record(catalog)).status_code == 201
        own_postgres.kill()
        for call in (_record, _read, _feed, _ready):
            answer = await call(catalog)
            assert answer.status_code == 503, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        own_postgres.start()
        for call in (_record, _read, _feed, _ready):
            await _eventually(lambda call=call: call(catalog), 200)  # type: ignore[misc]
        assert [event.position for event in await catalog.log()] == list(range(1, 15))


async def _record(catalog: Catalog) -> Response:
    body = {"phase": "live", "effective_on": "2026-11-01"}
    return await catalog.call("PUT", STATUS, role="editor", of=LEIPZIG, json=body)


async def _read(catalog: Catalog) -> Response:
    return await catalog.call("GET", STATUS, role=None)


async def _feed(catalog: Catalog) -> Response:
    return await catalog.call("GET", "/events", role=None)


async def _ready(catalog: Catalog) -> Response:
    return await catalog.call("GET", "/-/ready", role=None)


async def _eventually(call: Callable[[], Awaitable[Response]], status: int) -> None:
    async with asyncio.timeout(20):
        while (await call()).status_code != status:  # noqa: ASYNC110 - the server comes back when it does
            await asyncio.sleep(0.1)
