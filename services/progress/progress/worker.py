"""What progress does beside answering: it follows the catalog and keeps the read models."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.tracing import kept, tracing_of
from events.bus.feed import Feed
from events.bus.live import Live
from events.following import Bookmark, Follower, FollowerStatus, RebuildRunning, rebuild
from events.following.passing import is_passing
from events.following.rebuilding import NEXT
from events.following.traced import traced, traced_at_once
from events.tracing import Tracer
from progress import __version__, running
from progress.applying import Progress
from progress.database import FOLLOWING, SCHEMA, engine
from progress.filling import Filling
from progress.settings import ProgressSettings
from progress.tables import create_tables

log = structlog.get_logger(__name__)

LONG: Final = 20_000
"""From so many events on a first start counts them all at the end instead of page by page."""

Show = Callable[[FollowerStatus], None]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def working(settings: ProgressSettings, *, clock: Callable[[], datetime] = now) -> AsyncIterator[Follower]:
    """Everything that runs in the background, running."""
    tracing = tracing_of(settings, "progress", __version__)
    database = engine(settings.database_url, plans=FOLLOWING, pool_size=settings.connections)
    following = follower(settings, database, clock, tracer=tracing)
    try:
        async with kept(tracing), running.known(settings.database_url, following), following.running():
            yield following
    finally:
        await database.dispose()


def follower(
    settings: ProgressSettings,
    database: AsyncEngine,
    clock: Callable[[], datetime],
    schema: str = SCHEMA,
    tracer: Tracer | None = None,
) -> Follower:
    """Whose only act is to keep the read models in that schema."""
    act = Progress(settings.time_zone)
    return Follower(
        name=act.name,
        source=settings.source,
        engine=database,
        feed=Feed(settings.catalog_url, token=settings.catalog_token),
        live=Live(settings.nats_url, "CATALOG") if schema == SCHEMA else None,
        apply=traced(act.apply, tracer, act.name),
        clock=clock,
        schema=schema,
        begin=partial(begin, settings, database, clock) if schema == SCHEMA else None,
        at_once=traced_at_once(act.at_once, tracer, act.name) if schema == SCHEMA else None,
    )


async def begin(
    settings: ProgressSettings, database: AsyncEngine, clock: Callable[[], datetime], show: Show, least: int = LONG
) -> None:
    """Whoever starts empty before a long log fills the read models as a rebuild does. What fails there is tried step by step."""
    bookmark = Bookmark(database, Progress.name, settings.source, SCHEMA, clock)
    feed = Feed(settings.catalog_url, token=settings.catalog_token)
    while (await bookmark.read()).position == 0:
        async with feed:
            if (await feed.page(0, 1)).head < least:
                return
        try:
            await rebuilt(settings, database, clock, show)
        except RebuildRunning:
            await asyncio.sleep(1)
        except Exception as trouble:
            if is_passing(trouble):
                raise
            log.warning("the read models cannot be filled at once", reason=repr(trouble))
            return


async def rebuilt(
    settings: ProgressSettings, database: AsyncEngine, clock: Callable[[], datetime], show: Show | None = None
) -> None:
    """All read models anew from the log, beside the running ones, and in their place. Raises RebuildRunning."""
    following = follower(settings, database, clock, NEXT)
    filling = Filling(
        database,
        Feed(settings.catalog_url, token=settings.catalog_token),
        name=following.name,
        source=following.source,
        zone=settings.time_zone,
        clock=clock,
    )
    await rebuild(database, followers=[following], create=create_tables, fill=filling, on_progress=show)
