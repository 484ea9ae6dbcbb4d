"""The whole reference data in a database, copied for each test from one that was filled once."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from events.log.connect import Connection
from tests.harness.postgres import Databases
from tests.situations.germany import a_first_start


@pytest.fixture
async def connection(make_database: Databases) -> AsyncIterator[Connection]:
    """To the catalogue as it is after a first start."""
    connection = await asyncpg.connect(await make_database.prepared("germany", a_first_start))
    yield connection
    await connection.close()
