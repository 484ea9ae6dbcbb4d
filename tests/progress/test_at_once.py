"""A live batch of statuses is one statement: it does everything, or nothing where something is out of the ordinary."""

from datetime import date
from unittest.mock import patch

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import parts
from events.following.bookmark import Place
from progress.counting.recount import verify
from progress.facts import bitmaps
from tests.progress.at_once import bookmark_in, told_at_once, told_from
from tests.progress.saxony import CHEMNITZ, DOG, LEIPZIG, LICENCE, MOVING, OUTBOX, saxony
from tests.progress.story import Story, live
from tests.progress.test_counters_equal_a_recount import tell

DAY = date(2026, 5, 1)


@pytest.fixture
async def story(progress_database: AsyncEngine) -> Story:
    told = saxony()
    told.record(LEIPZIG, MOVING, live(3, solution="known"), DAY)
    await tell(progress_database, told.log, [])
    return told


async def rows(database: AsyncEngine) -> tuple[int, int]:
    async with database.connect() as connection:
        assert await verify(connection) == []
        recorded = (await connection.execute(text("SELECT count(*) FROM recordings"))).scalar_one()
        position = (await connection.execute(text("SELECT sum(position) FROM followers"))).scalar_one()
        return recorded, position


async def test_statuses_of_what_is_known_are_counted_and_the_bookmark_moved(
    progress_database: AsyncEngine, story: Story
) -> None:
    before = len(story.log)
    story.record(LEIPZIG, DOG, live(2), DAY)
    story.record(CHEMNITZ, DOG, live(3, solution="known"), DAY)
    story.record(CHEMNITZ, OUTBOX, live(None), DAY)
    story.record(LEIPZIG, MOVING, parts.Status(phase="not_applicable", reason="no_case"), DAY)
    story.record(LEIPZIG, MOVING, live(3), date(2026, 2, 1))
    story.retract(CHEMNITZ, DOG, DAY)

    assert await told_at_once(progress_database, story.log[before:])
    assert await rows(progress_database) == (len(story.log) - before + 1, len(story.log))


async def test_what_is_recorded_on_the_same_day_again_and_again_toggles_as_often(
    progress_database: AsyncEngine, story: Story
) -> None:
    for service in (LICENCE, DOG, OUTBOX, MOVING):
        for state in (live(2), live(3), live(1), live(3)):
            before = len(story.log)
            story.record(CHEMNITZ, service, state, DAY)
            assert await told_at_once(progress_database, story.log[before:])
            await rows(progress_database)


@pytest.mark.parametrize("unknown", ["authority", "service", "solution"])
async def test_nothing_is_done_if_anything_is_unknown(
    progress_database: AsyncEngine, story: Story, unknown: str
) -> None:
    before = len(story.log)
    story.record(CHEMNITZ, DOG, live(3), DAY)
    story.record(
        story.town("ars:010010000000", region="DE-SH") if unknown == "authority" else LEIPZIG,
        story.service("leika:99000000000001") if unknown == "service" else DOG,
        live(3, solution="unheard-of" if unknown == "solution" else None),
        DAY,
    )
    statuses = [story.log[before], story.log[-1]]

    assert not await told_at_once(progress_database, statuses)
    assert await rows(progress_database) == (1, before)


async def test_nothing_is_done_if_the_bookmark_is_elsewhere_or_halted(
    progress_database: AsyncEngine, story: Story
) -> None:
    before = len(story.log)
    story.record(CHEMNITZ, DOG, live(3), DAY)
    assert await told_at_once(progress_database, story.log[before:])
    kept = await rows(progress_database)

    seen = Place(before, "before", None, frozenset())
    assert not await told_from(progress_database, seen, story.log[before:])
    here = await bookmark_in(progress_database).read()
    story.record(LEIPZIG, DOG, live(3), DAY)
    assert not await told_from(progress_database, here._replace(event_id="another"), story.log[before + 1 :])
    assert await bookmark_in(progress_database).halt(here.position, "for a reason")
    assert not await told_from(progress_database, here, story.log[before + 1 :])
    assert await rows(progress_database) == kept

    await bookmark_in(progress_database).resume()
    assert await told_from(progress_database, here, story.log[before + 1 :])
    await rows(progress_database)


async def test_nothing_is_done_if_bitmaps_are_concerned(progress_database: AsyncEngine, story: Story) -> None:
    with patch.object(bitmaps, "OFTEN", 1):
        story.record(CHEMNITZ, DOG, live(3), DAY)
        await tell(progress_database, story.log[-1:], [])
    before = len(story.log)
    story.record(CHEMNITZ, MOVING, live(3), date(2026, 4, 1))
    assert not await told_at_once(progress_database, story.log[before:])

    story.log[before:] = []
    story.record(CHEMNITZ, LICENCE, live(3), date(2026, 5, 2))
    assert await told_at_once(progress_database, story.log[before:])
    await rows(progress_database)


async def test_other_events_are_not_for_it(progress_database: AsyncEngine, story: Story) -> None:
    before = len(story.log)
    story.record(CHEMNITZ, DOG, live(3), DAY)
    story.town("ars:010010000000", region="DE-SH")

    assert not await told_at_once(progress_database, story.log[before:])
    assert await rows(progress_database) == (1, before)
