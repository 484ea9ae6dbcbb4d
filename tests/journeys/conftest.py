from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness.nats import NatsServer
from tests.harness.postgres import PostgresServer
from tests.journeys.installation import Installation
from tests.journeys.receiver import Receiver


@pytest.fixture
async def installation(
    own_postgres: PostgresServer, own_nats: NatsServer, tmp_path: Path
) -> AsyncIterator[Installation]:
    """All of it, started from nothing, with the reference data loaded."""
    made = Installation(own_postgres, own_nats, tmp_path)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody else's server that takes webhooks."""
    async with Receiver() as made:
        yield made
