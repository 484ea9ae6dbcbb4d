"""A log in one database, a read model that follows it in another."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.events import towns
from tests.events.a_log import ALog, make_log
from tests.harness.postgres import Databases


@pytest.fixture
async def log(make_database: Databases) -> ALog:
    return ALog(await make_database.prepared("a_log", make_log))


@pytest.fixture
async def engine(make_database: Databases) -> AsyncIterator[AsyncEngine]:
    engine = towns.engine_of(await make_database.prepared("towns", towns.make_towns))
    yield engine
    await engine.dispose()
