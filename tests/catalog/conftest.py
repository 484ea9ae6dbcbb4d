"""A catalog that knows a few authorities and services of Saxony."""

from collections.abc import AsyncIterator

import pytest

from catalog.migrating import migrate
from tests.harness.catalog import Catalog, running_catalog
from tests.harness.postgres import Databases
from tests.situations import saxony


async def prepare(url: str) -> None:
    """Migrated, and with Saxony in it."""
    await migrate(url)
    async with running_catalog(url) as catalog:
        await catalog.hears(*saxony.authorities(), *saxony.services())


@pytest.fixture
async def catalog_database(make_database: Databases) -> str:
    """The URL of such a database."""
    return await make_database.prepared("catalog_of_saxony", prepare)


@pytest.fixture
async def catalog(catalog_database: str) -> AsyncIterator[Catalog]:
    """The running catalog on it."""
    async with running_catalog(catalog_database) as running:
        yield running
