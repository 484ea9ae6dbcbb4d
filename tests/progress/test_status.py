"""`/-/status` of progress: how far the figures are behind the catalog's log."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.following import FollowerStatus
from progress.status import facts
from tests.progress.a_feed import StoryFeed
from tests.progress.story import Story

_HALTED = """
INSERT INTO followers (name, source, position, halted_at, halted_reason)
VALUES ('progress', '//test/catalog', 1, now(), 'another history')
"""


async def test_position_lag_and_why_it_halted_are_told(progress_database: AsyncEngine) -> None:
    async with progress_database.begin() as connection:
        await connection.execute(sa.text(_HALTED))
    feed = StoryFeed(Story())
    for number in range(3):
        feed.story.town(str(number))
    told = await facts(progress_database, feed, FollowerStatus(state="halted", reason="another history"))
    said = {fact.name: fact.value for fact in told}
    assert said == {
        "progress_position": 1,
        "progress_lag": 2,
        "progress_halted": "another history",
        "skipped": 0,
        "follower": "halted",
    }
    assert [fact.name for fact in told if fact.trouble] == ["progress_halted"]
