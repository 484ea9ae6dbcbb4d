"""What progress does beside answering: it follows the catalog and keeps the read models."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from events.bus.feed import Feed
from events.bus.live import Live
from events.following import Follower
from progress import running
from progress.applying import Progress
from progress.database import SCHEMA, engine
from progress.settings import ProgressSettings


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def working(settings: ProgressSettings, *, clock: Callable[[], datetime] = now) -> AsyncIterator[Follower]:
    """Everything that runs in the background, running."""
    database = engine(settings.database_url, pool_size=settings.connections)
    following = follower(settings, database, clock)
    try:
        async with running.known(settings.database_url, following), following.running():
            yield following
    finally:
        await database.dispose()


def follower(
    settings: ProgressSettings, database: AsyncEngine, clock: Callable[[], datetime], schema: str = SCHEMA
) -> Follower:
    """Whose only act is to keep the read models in that schema."""
    act = Progress(settings.time_zone)
    return Follower(
        name=act.name,
        source=settings.source,
        engine=database,
        feed=Feed(settings.catalog_url, token=settings.catalog_token),
        live=Live(settings.nats_url, "CATALOG") if schema == SCHEMA else None,
        apply=act.apply,
        clock=clock,
        schema=schema,
    )
