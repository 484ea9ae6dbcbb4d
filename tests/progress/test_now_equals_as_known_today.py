"""What is known now is asked of sums and of memory, what was known on an earlier day of the rows: today both say the same.

Whatever happened, on every day: denominators in memory are those of the database, and whole answers are the same.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.connect import Connection
from progress.counting.denominators import BY_THEME_AND_LEVEL, OF_SERVICES
from progress.projections import headline, peers, services, whole
from progress.projections.blind_spots import blind_spots
from progress.projections.catalogue import current
from progress.projections.moment import Moment, reading, rows
from tests.progress.story import Story
from tests.progress.test_counters_equal_a_recount import (
    DAYS,
    FIRST,
    SERVICES,
    TOWNS,
    actions,
    start_over,
    states,
    tell,
    told,
)

Question = Callable[[Connection, Moment], Awaitable[Any]]
EVERY_DAY = [FIRST - timedelta(days=1), *DAYS]
PLACES = ["DE", "DE-SN", "DE-SH"]
QUESTIONS: list[Question] = [
    whole.overview,
    *(lambda connection, moment, code=code: whole.region(connection, code, moment) for code in PLACES),
    *(lambda connection, moment, key=key: services.service(connection, key, moment) for key in SERVICES),
    *(lambda connection, moment, key=key: blind_spots(connection, key, moment) for key in TOWNS),
    *(lambda connection, moment, key=key: peers.peers(connection, key, SERVICES[1], moment) for key in TOWNS),
]

stories = {"steps": st.lists(actions, min_size=6, max_size=30), "cuts": st.lists(st.integers(10, 40), max_size=20)}
many = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.slow
@pytest.mark.containers
@many
@given(**stories)
async def test_every_answer_is_the_same_either_way(
    progress_database: AsyncEngine, steps: list[tuple[Any, ...]], cuts: list[int]
) -> None:
    await start_over(progress_database)
    await tell(progress_database, told(steps).log, cuts)
    async with reading(progress_database) as connection:
        for day in EVERY_DAY:
            for question in QUESTIONS:
                now = await question(connection, Moment(day, DAYS[-1], latest=True))
                then = await question(connection, Moment(day, DAYS[-1], latest=False))
                assert differing(now, then) == {}, day


@pytest.mark.containers
@many
@given(
    recorded=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3), states, st.integers(0, 5)), max_size=60),
    inhabitants=st.lists(st.integers(26_000, 49_000), min_size=8, max_size=8),
)
async def test_blind_spots_and_whom_to_ask_are_the_same_either_way(
    progress_database: AsyncEngine, recorded: list[tuple[int, int, Any, int]], inhabitants: list[int]
) -> None:
    story = Story(today=DAYS[-1])
    towns = [
        story.town(f"ars:{number:012}", region="DE-SN" if number % 3 else "DE-SH", inhabitants=inhabitants[number])
        for number in range(8)
    ]
    keys = [story.service(f"leika:99{number:012}") for number in range(4)]
    for number, key, state, effective in recorded:
        story.record(towns[number], keys[key], state, DAYS[effective])
    await start_over(progress_database)
    await tell(progress_database, story.log, [])
    async with reading(progress_database) as connection:
        for day in (DAYS[0], DAYS[3], DAYS[-1]):
            for town in towns[:3]:
                now = await blind_spots(connection, town, Moment(day, DAYS[-1], latest=True))
                then = await blind_spots(connection, town, Moment(day, DAYS[-1], latest=False))
                assert differing(now, then) == {}, day


def differing(now: Any, then: Any) -> dict[str, Any]:
    """Only the fields that differ: whole answers are long."""
    both = {name: (getattr(now, name), getattr(then, name)) for name in now.__struct_fields__}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


@pytest.mark.slow
@pytest.mark.containers
@many
@given(**stories)
async def test_denominators_in_memory_are_those_of_the_database(
    progress_database: AsyncEngine, steps: list[tuple[Any, ...]], cuts: list[int]
) -> None:
    await start_over(progress_database)
    await tell(progress_database, told(steps).log, cuts)
    async with reading(progress_database) as connection:
        of = (await headline.state(connection)).responsible
        catalogue = (await current(connection)).services
        for day in EVERY_DAY:
            for place in PLACES:
                found = {cut: tuple(share) for cut, share in of.cuts(place, day).items()}
                assert found == await by_theme_and_level(connection, place, day)
            by_service = {
                (service.id, region): tuple(share)
                for service in catalogue
                for region, share in of.of_service(service, day).items()
            }
            assert by_service == await by_service_and_region(connection, [one.id for one in catalogue], day)


async def by_theme_and_level(connection: Connection, place: str, day: date) -> dict[tuple[Any, ...], tuple[int, int]]:
    found = await rows(connection, BY_THEME_AND_LEVEL, regions=[place], day=day, known=DAYS[-1])
    return {(row["family"], row["theme"], row["level"]): (row["responsible"], row["people"]) for row in found}


async def by_service_and_region(
    connection: Connection, services: list[int], day: date
) -> dict[tuple[Any, ...], tuple[int, int]]:
    found = await rows(connection, OF_SERVICES, services=services, day=day, known=DAYS[-1])
    return {(row["service"], row["region"]): (row["responsible"], row["people"]) for row in found}
