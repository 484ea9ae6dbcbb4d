"""The counters equal a recount in plain Python, on every day of as_of × known_at and whatever the batches were.

The stories are any order of recordings, back-datings, corrections, retractions, assignments, moves, mergers, revisions.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.contracts import catalog as said
from events.contracts import parts
from progress.applying import Progress
from progress.counting.counters import COUNTERS, upto
from progress.counting.counters import Counter as Dimension
from progress.counting.denominators import BY_THEME_AND_LEVEL
from progress.counting.recount import verify
from progress.domain.measures import MEASURES
from tests.progress.at_once import told_at_once
from tests.progress.recounted import OUTBOX, Point, Recount
from tests.progress.story import BASIS, Event, Story, live

FIRST = date(2026, 1, 20)
DAYS = [FIRST + timedelta(days=6 * number) for number in range(6)]
CITY, VILLAGE, HAMLET = "ars:145110000000", "ars:145220310310", "ars:145225231110"
UNION, LAND, FAR = "ars:145225231000", "ars:140000000000", "ars:010010000000"
TOWNS = [CITY, VILLAGE, HAMLET, UNION, LAND, FAR]
WASTE, FLAT, CAR = "leika:99001001002000", "leika:99115005060000", "leika:99036008070000"
SERVICES = [WASTE, FLAT, CAR, OUTBOX]

BUSY = [(CITY, FLAT), (CITY, CAR), (VILLAGE, FLAT), (HAMLET, FLAT), (HAMLET, OUTBOX)]
"""Cells in which much happens, so that one thing meets another."""

states = st.sampled_from(
    [
        live(3),
        live(2),
        live(1),
        live(None),
        parts.Status(phase="planned"),
        parts.Status(phase="pilot", solution="digital-gemeinsam"),
        live(3, solution="digital-gemeinsam"),
        live(2, solution="amt-online"),
        parts.Status(phase="not_applicable", reason="no_case"),
        live(4, basis=parts.Basis(kind="demonstration")),
    ]
)
cells = st.tuples(st.sampled_from(TOWNS), st.sampled_from(SERVICES))
actions = st.one_of(
    st.tuples(st.just("record"), cells, states, st.integers(0, 5)),
    st.tuples(st.just("record"), st.sampled_from(BUSY), states, st.integers(0, 5)),
    st.tuples(st.just("record"), st.sampled_from(BUSY), states, st.integers(0, 5)),
    st.tuples(st.just("retract"), st.integers(0, 30)),
    st.tuples(st.just("sleep")),
    st.tuples(
        st.just("assign"),
        st.one_of(cells, st.sampled_from(BUSY)),
        st.sampled_from(["DE-SN", "DE", "members", "self"]),
        st.integers(0, 5),
    ),
    st.tuples(st.just("end"), st.integers(0, 30), st.integers(0, 5)),
    st.tuples(st.just("merge"), st.integers(0, 5)),
    st.tuples(st.just("count"), st.sampled_from(TOWNS), st.integers(1_000, 300_000)),
    st.tuples(st.just("move")),
    st.tuples(st.just("revise"), st.sampled_from(["district", "commune"]), st.sampled_from(["bildung", "umwelt"])),
    st.tuples(st.just("withdraw"), st.integers(0, 5)),
)


def told(steps: Sequence[tuple[Any, ...]]) -> Story:
    """A log that holds these steps, as far as the catalog would have allowed them."""
    story = Story(today=FIRST)
    story.town(LAND, ("state",), parents=("ars:000000000000",), inhabitants=4_000_000)
    story.town(UNION, ("association",), parents=(LAND,), inhabitants=8_000)
    story.town(CITY, ("commune", "district"), parents=(LAND,), inhabitants=245_000)
    story.town(VILLAGE, parents=(CITY, LAND), inhabitants=12_000)
    story.town(HAMLET, parents=(UNION, LAND), inhabitants=3_000)
    story.town(FAR, ("commune", "district"), region="DE-SH", inhabitants=96_000)
    story.service(WASTE, "district", "umwelt")
    story.service(FLAT, "commune", "familie_kind")
    story.service(CAR, "district", "mobilitaet_reisen")
    story.service(OUTBOX, component=True)
    assigned: list[tuple[str, str]] = []
    for step in steps:
        _take(story, step, assigned)
    return story


def _take(story: Story, step: tuple[Any, ...], assigned: list[tuple[str, str]]) -> None:
    match step:
        case ("record", (town, service), state, day):
            story.record(town, service, state, min(DAYS[day], story.today))
        case ("retract", number):
            known = [(cell, day) for cell, timeline in story.timelines.items() for day in timeline]
            if known:
                (town, service), day = known[number % len(known)]
                story.retract(town, service, day)
        case ("sleep",):
            story.today = min(story.today + timedelta(days=6), DAYS[-1])
        case ("assign", (town, service), "self", day):
            story.assign(town, service, DAYS[day], members=[town])
            assigned.append((town, service))
        case ("assign", (town, service), "members", day):
            story.assign(town, service, DAYS[day], members=[HAMLET, VILLAGE])
            assigned.append((town, service))
        case ("assign", (town, service), region, day):
            story.assign(town, service, DAYS[day], region=region)
            assigned.append((town, service))
        case ("end", number, day) if assigned:
            town, service = assigned[number % len(assigned)]
            story.end(town, service, DAYS[day], members=[])
        case ("merge", day):
            story.say(
                said.MunicipalityMerged(
                    municipality=story.towns[VILLAGE],
                    successor=story.towns[CITY],
                    effective_on=DAYS[day],
                    basis=BASIS,
                )
            )
        case ("count", town, inhabitants):
            story.say(
                said.MunicipalityCounted(
                    municipality=story.towns[town],
                    inhabitants=inhabitants,
                    inhabitants_on=story.today,
                    basis=BASIS,
                )
            )
        case ("move",):
            story.say(
                said.MunicipalityMoved(
                    municipality=story.towns[HAMLET],
                    parents=(LAND,),
                    previous_parents=(UNION, LAND),
                    effective_on=story.today,
                    basis=BASIS,
                )
            )
        case ("revise", level, theme):
            listed = story.services[CAR]
            facts = {name: getattr(listed, name) for name in listed.__struct_fields__}
            story.say(said.ServiceRevised(**facts | {"level": level, "theme": theme}))
        case ("withdraw", day):
            story.say(
                said.ServiceWithdrawn(service=story.ref(WASTE), effective_on=DAYS[day], successor=None, basis=BASIS)
            )


async def _sums(connection: AsyncConnection, counter: Dimension, points: Sequence[Point]) -> dict[Point, Counter[Any]]:
    """What a counter says at each of the points; `known` None asks the counters that know only the latest."""
    measures = [measure for measure in (*MEASURES, "people_online") if measure in counter.measures]
    key = {"authority": "(SELECT key FROM authorities WHERE id = t.authority)"}
    key["service"] = "(SELECT key FROM services WHERE id = t.service)"
    key["solution"] = "(SELECT key FROM solutions WHERE id = t.solution)"
    table = upto(counter, latest=points[0][1] is None)
    query = f"""
        SELECT p.day, p.known, {", ".join(key.get(name, name) for name in counter.keys)},
               {", ".join(f"sum({measure})::bigint" for measure in measures)}
        FROM unnest(CAST(:days AS date[]), CAST(:knowns AS date[])) p (day, known)
        JOIN LATERAL {table.replace(":day", "p.day").replace(":known", "p.known")} ON true
        GROUP BY p.day, p.known, {", ".join(f"t.{name}" for name in counter.keys)}"""
    days, knowns = zip(*points, strict=True)
    found: dict[Point, Counter[Any]] = {point: Counter() for point in points}
    for row in await connection.execute(text(query), {"days": list(days), "knowns": list(knowns)}):
        keys, sums = row[2 : 2 + len(counter.keys)], row[2 + len(counter.keys) :]
        found[row.day, row.known].update(
            {(*keys, measure): amount for measure, amount in zip(measures, sums, strict=True) if amount}
        )
    return found


async def _responsible(connection: AsyncConnection, day: date, known: date) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for region in ("DE", "DE-SN", "DE-SH"):
        parameters = {"regions": [region], "day": day, "known": known}
        for row in await connection.execute(text(BY_THEME_AND_LEVEL), parameters):
            if row.responsible:
                found[region, row.family, row.theme, row.level] = row.responsible
    return found


async def start_over(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        names = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'live'"))
        await connection.execute(text(f"TRUNCATE {', '.join(names.scalars())}"))


async def tell(database: AsyncEngine, log: Sequence[Event], cuts: Sequence[int], *, at_once: bool = False) -> None:
    """Apply the log in the batches that these cuts make; or try first what is done to usual ones."""
    bounds = [0, *sorted({cut % (len(log) + 1) for cut in cuts}), len(log)]
    for start, end in pairwise(bounds):
        if start < end and not (at_once and await told_at_once(database, log[start:end])):
            async with database.begin() as connection:
                await Progress(UTC).apply(connection, log[start:end])


@pytest.mark.slow
@pytest.mark.containers
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    steps=st.lists(actions, min_size=6, max_size=30),
    cuts=st.lists(st.integers(10, 40), max_size=20),
    at_once=st.booleans(),
)
async def test_the_counters_equal_a_recount_on_every_day(
    progress_database: AsyncEngine, steps: list[tuple[Any, ...]], cuts: list[int], at_once: bool
) -> None:
    story = told(steps)
    await start_over(progress_database)
    await tell(progress_database, story.log, cuts, at_once=at_once)
    recount = Recount(story.log)
    days = [FIRST - timedelta(days=1), *DAYS, DAYS[-1] + timedelta(days=40)]
    expected = {(day, known): recount.counted(day, known) for day in days for known in DAYS}
    async with progress_database.connect() as connection:
        for counter in COUNTERS:
            now = await _sums(connection, counter, [(day, None) for day in days])
            for day in days:
                assert now[day, None] == expected[day, DAYS[-1]][0][counter.name], (counter.name, day)
            then = await _sums(connection, counter, list(expected))
            for point, (counts, _) in expected.items():
                assert then[point] == counts[counter.name], (counter.name, point)
        for day in days[::2]:
            for known in (DAYS[2], DAYS[-1]):
                assert await _responsible(connection, day, known) == expected[day, known][1], (day, known)
        assert await verify(connection) == []
