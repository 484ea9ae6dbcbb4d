"""A progress database for every test, with its tables, and an engine on it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from progress.database import engine
from progress.migrating import migrate
from tests.harness.postgres import Databases


@pytest.fixture
async def progress_url(make_database: Databases) -> str:
    return await make_database.prepared("progress", migrate)


@pytest.fixture
async def progress_database(progress_url: str) -> AsyncIterator[AsyncEngine]:
    database = engine(progress_url)
    yield database
    await database.dispose()
