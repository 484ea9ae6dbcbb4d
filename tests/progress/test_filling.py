"""Filling a long log at once leaves what batch after batch leaves, table by table."""

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from events.following import rebuild
from progress.counting import gathering
from progress.counting.recount import verify
from progress.filling import Filling
from progress.settings import ProgressSettings
from progress.tables import create_tables
from progress.worker import now
from tests.progress.a_feed import SOURCE, StoryFeed
from tests.progress.story import Story, live
from tests.progress.test_counters_equal_a_recount import CITY, FLAT, actions, start_over, told
from tests.progress.test_following import follower

ZONE = ProgressSettings().time_zone


def filling(engine: AsyncEngine, story: Story) -> Filling:
    return Filling(engine, StoryFeed(story), name="progress", source=SOURCE, zone=ZONE, clock=now)


async def everything(engine: AsyncEngine) -> dict[str, Any]:
    """The rows of every table that say anything; a sum of nothing may be there or not, and a stamp is always another."""
    async with engine.connect() as connection:
        names = await connection.execute(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'live' ORDER BY 1")
        )
        found: dict[str, Any] = {}
        for name in names.scalars():
            rows = await connection.execute(sa.text(f"SELECT to_jsonb(t) - 'stamp' FROM {name} t"))
            found[name] = sorted(str(sorted(row.items())) for row in rows.scalars() if _says(name, row))
    return found


async def filled_at_once(engine: AsyncEngine, story: Story) -> None:
    await rebuild(
        engine, followers=[follower(engine, story, "next")], create=create_tables, fill=filling(engine, story)
    )


def _says(table: str, row: dict[str, Any]) -> bool:
    if table == "toggles":
        return bool(row["services"] != "\\x")
    if table == "bitmaps":
        return False  # compared by `verify`: a bitmap may repeat the one before it
    summed = table.endswith(("_days", "_dates", "_months"))
    keys = ("day", "month", "known", "authority", "service", "solution", "family")
    return not summed or any(value for key, value in row.items() if isinstance(value, int) and key not in keys)


@pytest.mark.slow
@pytest.mark.containers
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(actions, min_size=6, max_size=30), later=st.integers(0, 6))
async def test_what_was_filled_at_once_is_what_was_counted_step_by_step(
    progress_database: AsyncEngine, steps: Sequence[tuple[Any, ...]], later: int
) -> None:
    story = told(steps)
    whole = story.log
    await start_over(progress_database)
    story.log = whole[: len(whole) - later]
    await filled_at_once(progress_database, story)
    story.log = whole
    await follower(progress_database, story).catch_up()
    filled = await everything(progress_database)
    async with progress_database.connect() as connection:
        assert await verify(connection) == []

    await start_over(progress_database)
    await follower(progress_database, story).catch_up()
    counted = await everything(progress_database)
    assert filled.keys() == counted.keys()
    for table, rows in counted.items():
        assert filled[table] == rows, table


@pytest.mark.containers
@pytest.mark.parametrize("most", [2**62, 1000], ids=["one number", "several numbers"])
async def test_another_solution_counts_though_nothing_else_changed(
    progress_database: AsyncEngine, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Its day is the last of all, and no other counter moves on it; nor need a key fit into one number."""
    monkeypatch.setattr(gathering, "_MOST", most)
    one, other = live(2, solution="digital-gemeinsam"), live(2, solution="amt-online")
    story = told([("record", (CITY, FLAT), one, 3), ("sleep",), ("sleep",), ("record", (CITY, FLAT), other, 0)])
    await filled_at_once(progress_database, story)
    filled = await everything(progress_database)
    assert (
        len([row for row in filled["solution_counts_days"] if "'online', 1" in row])
        == len([row for row in filled["solution_counts_days"] if "'online', -1" in row]) * 2
    )
    async with progress_database.connect() as connection:
        assert await verify(connection) == []
