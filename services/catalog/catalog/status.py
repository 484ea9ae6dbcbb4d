"""What the catalog says of itself on `/-/status`."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.language import Text
from edge.status import Fact, relaying
from events.bus.relay import RelayStatus

_LOG = sa.text("SELECT position FROM heads WHERE log = 'catalog'")


async def facts(engine: AsyncEngine, waiting: int, relay: RelayStatus | None) -> Sequence[Fact]:
    """How far the log is, what waits to be kept, and what is not yet on JetStream."""
    async with engine.connect() as connection:
        position = (await connection.execute(_LOG)).scalar_one_or_none()
    queue: Text = {"en": "commands that wait to be kept", "de": "Befehle, die auf das Festhalten warten"}
    return [
        Fact("append_queue_depth", queue, waiting),
        *relaying(position, None if relay is None else (relay.state, relay.lag)),
    ]
