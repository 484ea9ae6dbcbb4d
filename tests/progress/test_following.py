"""The worker's follower on a told log: caught up, rebuilt beside the running tables, and verified by a recount."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.following import Follower, rebuild
from progress.applying import Progress
from progress.counting.recount import verify
from progress.projections.moment import Moment, reading
from progress.projections.whole import overview
from progress.settings import ProgressSettings
from progress.tables import create_tables
from progress.worker import now
from tests.progress.a_feed import SOURCE, StoryFeed
from tests.progress.saxony import CHEMNITZ, DOG, FEDERATION, LEIPZIG, MOVING, TODAY, UNION, reporting_saxony
from tests.progress.story import Story, live


def follower(engine: AsyncEngine, story: Story, schema: str = "live", page: int = 7) -> Follower:
    act = Progress(ProgressSettings().time_zone)
    return Follower(
        name=act.name,
        source=SOURCE,
        engine=engine,
        feed=StoryFeed(story),
        apply=act.apply,
        clock=now,
        schema=schema,
        page=page,
        at_once=act.at_once if schema == "live" else None,
    )


async def told(engine: AsyncEngine) -> dict[str, object]:
    async with reading(engine) as connection:
        answer = await overview(connection, Moment(TODAY, TODAY, latest=True))
        return {name: getattr(answer, name) for name in answer.__struct_fields__}


@pytest.fixture
def story() -> Story:
    story = reporting_saxony()
    story.assign(UNION, MOVING, TODAY, region="DE-SN")
    return story


async def test_it_follows_page_by_page_and_goes_on_where_it_was(progress_database: AsyncEngine, story: Story) -> None:
    assert await follower(progress_database, story).catch_up() == len(story.log)
    story.record(LEIPZIG, DOG, live(3), TODAY)
    assert await follower(progress_database, story, page=1).catch_up() == len(story.log)

    answer = await told(progress_database)
    assert answer["position"] == len(story.log)


@pytest.mark.containers
async def test_a_rebuild_leaves_the_same_figures(progress_database: AsyncEngine, story: Story) -> None:
    await follower(progress_database, story).catch_up()
    before = await told(progress_database)

    await rebuild(
        progress_database, followers=[follower(progress_database, story, "next", page=5)], create=create_tables
    )
    assert await told(progress_database) == before
    story.record(LEIPZIG, DOG, live(3), TODAY)
    assert await follower(progress_database, story).catch_up() == len(story.log)
    async with progress_database.connect() as connection:
        assert await verify(connection) == []


async def test_a_recount_finds_a_counter_that_is_wrong(progress_database: AsyncEngine, story: Story) -> None:
    await follower(progress_database, story).catch_up()
    async with progress_database.begin() as connection:
        await connection.execute(sa.text("UPDATE service_counts_days SET online = online + 1 WHERE online > 0"))
        await connection.execute(sa.text("DELETE FROM authority_groups WHERE levels = 2"))

    async with progress_database.connect() as connection:
        found = {difference.table for difference in await verify(connection)}
    assert found == {"service_counts_days", "spread", "authority_groups", "place_levels"}


async def test_an_event_about_somebody_nobody_registered_stops_the_follower(
    progress_database: AsyncEngine, story: Story
) -> None:
    story.towns[FEDERATION] = story.towns[CHEMNITZ].__class__(
        id=FEDERATION, name="X", levels=("national",), region="DE"
    )
    story.record(FEDERATION, DOG, live(3), TODAY)
    story.record(LEIPZIG, DOG, live(3), TODAY)
    one = follower(progress_database, story)

    with pytest.raises(Exception, match="NeverRegistered: ars:000000000000"):
        await one.catch_up()
    assert (await one.bookmark.read()).position == len(story.log) - 2
    await one.bookmark.skip(len(story.log) - 1, "registered elsewhere")
    assert await follower(progress_database, story).catch_up() == len(story.log)
