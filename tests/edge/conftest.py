"""The shelf, asked as clients ask it: below a prefix."""

from collections.abc import AsyncIterator

import pytest
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from edge.issuer import Issuer
from edge.mounting import mount
from edge.testing import Tokens
from tests.edge.issuing import Ticks, configured
from tests.edge.shelf import shelf_app
from tests.harness.issuer import LocalIssuer

PREFIX = "/api/shelf/v1"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def shelf(tokens: Tokens) -> AsyncIterator[AsyncTestClient[ASGIApp]]:
    async with AsyncTestClient(app=mount({PREFIX: shelf_app(tokens)})) as client:
        yield client


@pytest.fixture
async def local(tokens: Tokens) -> AsyncIterator[LocalIssuer]:
    async with LocalIssuer(tokens.now).running() as running:
        yield running


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def issuer(local: LocalIssuer, tokens: Tokens, ticks: Ticks) -> Issuer:
    made = configured(local, tokens, ticks)
    await made.refresh()
    return made
