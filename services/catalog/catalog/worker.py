"""What the catalog does beside answering: it relays the log into JetStream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from catalog.relaying import relaying
from catalog.settings import CatalogSettings
from events.bus.streams import StreamSettings


@asynccontextmanager
async def working(settings: CatalogSettings) -> AsyncIterator[None]:
    """Everything that runs in the background, running."""
    stream = StreamSettings(replicas=settings.stream_replicas)
    async with relaying(settings.database_url, settings.nats_url, stream):
        yield
