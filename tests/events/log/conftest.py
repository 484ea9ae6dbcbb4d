from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.append import AppendQueue
from events.log.connect import engine
from tests.events.log import toy
from tests.harness.postgres import Databases


@pytest.fixture
async def url(make_database: Databases) -> str:
    """A database with an empty log."""
    return await make_database.prepared("toy-log", toy.prepare)


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    made = engine(url)
    yield made
    await made.dispose()


@pytest.fixture
async def queue(url: str) -> AsyncIterator[AppendQueue]:
    async with toy.queue(url) as opened:
        yield opened
