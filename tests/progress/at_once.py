"""Telling progress a batch by the statement that moves the bookmark too."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from events.following import Bookmark
from events.following.bookmark import Place
from progress.applying import Progress
from tests.progress.story import Event

SOURCE = "//test/catalog"


def bookmark_in(database: AsyncEngine) -> Bookmark:
    return Bookmark(database, Progress.name, SOURCE, "live", lambda: datetime.now(UTC))


async def told_at_once(database: AsyncEngine, events: Sequence[Event]) -> bool:
    """Whether it was done, by a follower that had told all before."""
    bookmark = bookmark_in(database)
    before = Place(events[0].position - 1, "before", None, frozenset())
    async with database.begin() as connection:
        await bookmark.lock(connection)
        await bookmark.move(connection, before.position, before.event_id)
    return await told_from(database, before, events)


async def told_from(database: AsyncEngine, place: Place, events: Sequence[Event]) -> bool:
    """Whether it was done, if the bookmark was seen there."""
    step = bookmark_in(database).step(place, events[-1].position, events[-1].id)
    async with database.connect() as connection:
        return await Progress(UTC).at_once(connection, step, events)
