"""What the catalog does beside answering: it relays the log into JetStream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from catalog import __version__
from catalog.relaying import relaying
from catalog.settings import CatalogSettings
from edge.tracing import kept, tracing_of
from events.bus.streams import StreamSettings


@asynccontextmanager
async def working(settings: CatalogSettings) -> AsyncIterator[None]:
    """Everything that runs in the background, running."""
    stream = StreamSettings(replicas=settings.stream_replicas)
    tracing = tracing_of(settings, "catalog", __version__)
    async with kept(tracing), relaying(settings.database_url, settings.nats_url, stream, tracing):
        yield
