"""The bitmaps say what the recordings say, on every day and whatever the batches were, and when made anew."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from progress.applying import Progress
from progress.domain.measures import MEASURES
from progress.facts import bitmaps
from tests.progress.at_once import told_at_once
from tests.progress.saxony import CHEMNITZ, DOG, LEIPZIG, LICENCE, MOVING, OUTBOX, saxony
from tests.progress.story import Event, Story, live
from tests.progress.test_counters_equal_a_recount import start_over, states

FIRST = date(2025, 11, 20)
DAYS = [FIRST + timedelta(days=number) for number in (0, 1, 20, 41, 42, 43, 131, 132, 300)]
"""Around the ends of quarters, and some quarters apart."""

HELD = """
    SELECT DISTINCT ON (authority, service) authority, service, bits FROM recordings
    WHERE effective_on <= :day AND :day < until ORDER BY authority, service, position DESC
"""
KEPT = """
    SELECT * FROM bitmaps b WHERE day = (SELECT max(day) FROM bitmaps WHERE authority = b.authority AND day <= :day)
"""
SINCE = """
    SELECT authority, services FROM toggles t
    WHERE day <= :day AND day > coalesce(
        (SELECT max(day) FROM bitmaps WHERE authority = t.authority AND day <= :day), '-infinity')
"""

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("record"),
            st.sampled_from([CHEMNITZ, LEIPZIG]),
            st.sampled_from([MOVING, DOG, LICENCE, OUTBOX]),
            states,
            st.sampled_from(DAYS),
        ),
        st.tuples(st.just("retract"), st.integers(0, 30)),
    ),
    max_size=25,
)


def told(taken: Sequence[tuple[Any, ...]]) -> Story:
    story = saxony()
    for step in taken:
        match step:
            case ("record", town, service, state, day):
                story.record(town, service, state, day)
            case ("retract", number):
                known = [(cell, day) for cell, timeline in story.timelines.items() for day in timeline]
                if known:
                    (town, service), day = known[number % len(known)]
                    story.retract(town, service, day)
    return story


async def tell(database: AsyncEngine, log: Sequence[Event], cuts: Sequence[int], *, at_once: bool = False) -> None:
    for start, end in pairwise([0, *sorted({cut % len(log) for cut in cuts}), len(log)]):
        if start < end and not (at_once and await told_at_once(database, log[start:end])):
            async with database.begin() as connection:
                await Progress(UTC).apply(connection, log[start:end])


async def by_recordings(connection: AsyncConnection, day: date) -> set[tuple[int, int, int]]:
    found = await connection.execute(text(HELD), {"day": day})
    return {
        (row.authority, row.service, measure)
        for row in found
        for measure in range(len(MEASURES))
        if (row.bits or 0) >> measure & 1
    }


async def by_bitmaps(connection: AsyncConnection, day: date) -> set[tuple[int, int, int]]:
    held: dict[tuple[int, int], int] = defaultdict(int)
    for row in await connection.execute(text(KEPT), {"day": day}):
        held[row.authority, row.measure] = bitmaps.unpacked(row.bits)
    for row in await connection.execute(text(SINCE), {"day": day}):
        for measure, bits in bitmaps.toggled(row.services).items():
            held[row.authority, measure] ^= bits
    return {
        (authority, service, measure)
        for (authority, measure), bits in held.items()
        for service in range(bits.bit_length())
        if bits >> service & 1
    }


async def all_days_agree(connection: AsyncConnection) -> None:
    for day in [FIRST - timedelta(days=1), *DAYS, DAYS[-1] + timedelta(days=200)]:
        assert await by_bitmaps(connection, day) == await by_recordings(connection, day), day
    raw: Any = (await connection.get_raw_connection()).driver_connection
    assert [rows for _, rows, _ in await bitmaps.different(raw)] == [0, 0]


@pytest.mark.slow
@pytest.mark.containers
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    taken=steps,
    cuts=st.lists(st.integers(0, 40), max_size=20),
    often=st.sampled_from([1, 3, bitmaps.OFTEN]),
    at_once=st.booleans(),
)
async def test_the_bitmaps_are_what_was_recorded_on_every_day(
    progress_database: AsyncEngine, taken: list[tuple[Any, ...]], cuts: list[int], often: int, at_once: bool
) -> None:
    with patch.object(bitmaps, "OFTEN", often):
        await the_bitmaps_are_right(progress_database, taken, cuts, at_once=at_once)


async def the_bitmaps_are_right(
    progress_database: AsyncEngine, taken: Sequence[tuple[Any, ...]], cuts: Sequence[int], *, at_once: bool
) -> None:
    await start_over(progress_database)
    await tell(progress_database, told(taken).log, cuts, at_once=at_once)
    async with progress_database.connect() as connection:
        await all_days_agree(connection)
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await bitmaps.settle(raw)
        await all_days_agree(connection)
        await connection.rollback()


async def test_a_recount_finds_a_bitmap_that_is_wrong(progress_database: AsyncEngine) -> None:
    story = saxony()
    story.record(CHEMNITZ, MOVING, live(3), date(2026, 5, 1))
    story.record(CHEMNITZ, DOG, live(3), date(2026, 8, 1))
    with patch.object(bitmaps, "OFTEN", 1):
        await tell(progress_database, story.log, [])
    async with progress_database.begin() as connection:
        await connection.execute(text("DELETE FROM toggles WHERE day = '2026-05-01'"))
        await connection.execute(text("UPDATE bitmaps SET bits = '' WHERE day = '2026-08-01' AND measure = 1"))
        raw: Any = (await connection.get_raw_connection()).driver_connection
        found = await bitmaps.different(raw)

    assert [(table, rows > 0) for table, rows, _ in found] == [("toggles", True), ("bitmaps", True)]


def test_a_set_of_services_is_kept_without_zeros_at_its_end() -> None:
    assert bitmaps.packed(0) == b""
    assert bitmaps.packed(1 << 9 | 1) == b"\x01\x02"
    assert bitmaps.unpacked(b"\x01\x02") == 1 << 9 | 1
