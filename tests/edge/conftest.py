"""The shelf, asked as clients ask it: below a prefix."""

from collections.abc import AsyncIterator

import pytest
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from edge.mounting import mount
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

PREFIX = "/api/shelf/v1"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def shelf(tokens: Tokens) -> AsyncIterator[AsyncTestClient[ASGIApp]]:
    async with AsyncTestClient(app=mount({PREFIX: shelf_app(tokens)})) as client:
        yield client
