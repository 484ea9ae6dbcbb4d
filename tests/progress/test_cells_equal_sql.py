"""The cells put together from sets are those that one plain query over the facts finds, on every day and as known then."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from itertools import pairwise
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts.words import ServiceLevel
from events.log.connect import Connection
from progress.applying import Progress
from progress.domain.measures import MEASURES, bit
from progress.projections import cells, held, municipalities
from progress.projections.moment import Moment, reading, rows
from progress.projections.whole import Of
from tests.progress.cells_by_sql import CELLS
from tests.progress.recounted import OUTBOX
from tests.progress.story import Event, Story, live
from tests.progress.test_counters_equal_a_recount import (
    CAR,
    CITY,
    DAYS,
    FAR,
    FIRST,
    FLAT,
    HAMLET,
    LAND,
    UNION,
    VILLAGE,
    WASTE,
    _take,
    actions,
    start_over,
    states,
)

FEDERATION, DISTRICT = "ars:000000000000", "ars:145220000000"
EXAM, PENSION, FILE = "leika:99018001001000", "leika:99011001000000", "leika:99000001000000"
TOWNS = [CITY, VILLAGE, HAMLET, UNION, DISTRICT, LAND, FEDERATION, FAR]
SERVICES = [FLAT, CAR, WASTE, OUTBOX, EXAM, PENSION, FILE]
LAST = DAYS[-1] + timedelta(days=6)

steps = st.one_of(
    actions,
    st.tuples(
        st.just("record"),
        st.tuples(st.sampled_from(TOWNS), st.sampled_from(SERVICES)),
        states,
        st.integers(0, 5),
    ),
    st.tuples(
        st.just("assign"),
        st.tuples(st.sampled_from(TOWNS), st.sampled_from(SERVICES)),
        st.sampled_from(["DE-SN", "DE", "members", "self"]),
        st.integers(0, 5),
    ),
)


def told(taken: Sequence[tuple[Any, ...]], levels: Sequence[ServiceLevel]) -> Story:
    story = Story(today=FIRST)
    story.town(FEDERATION, ("national",), "DE", inhabitants=83_000_000)
    story.town(LAND, ("state",), parents=(FEDERATION,), inhabitants=4_000_000)
    story.town(DISTRICT, ("district",), parents=(LAND,), inhabitants=300_000)
    story.town(UNION, ("association",), parents=(DISTRICT, LAND), inhabitants=8_000)
    story.town(CITY, ("commune", "district"), parents=(LAND,), inhabitants=245_000)
    story.town(VILLAGE, parents=(DISTRICT, LAND), inhabitants=12_000)
    story.town(HAMLET, parents=(UNION, DISTRICT, LAND), inhabitants=3_000)
    story.town(FAR, ("commune", "district"), region="DE-SH", inhabitants=96_000)
    for key, level in zip([FLAT, CAR, WASTE, EXAM, PENSION, FILE], levels, strict=True):
        story.service(key, level, "umwelt", bundle={FLAT: "10001", CAR: "10001", EXAM: "10002"}.get(key))
    story.service(OUTBOX, component=True)
    assigned: list[tuple[str, str]] = []
    for step in taken:
        _take(story, step, assigned)
    return story


async def tell(database: AsyncEngine, log: Sequence[Event], cuts: Sequence[int]) -> None:
    for start, end in pairwise([0, *sorted({cut % len(log) for cut in cuts}), len(log)]):
        if start < end:
            async with database.begin() as connection:
                await Progress(UTC).apply(connection, log[start:end])


def counts(found: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(bool((one["bits"] or 0) & bit(name)) for one in found) for name in MEASURES}


async def the_figures_agree(connection: Connection, town: str, moment: Moment) -> None:
    number, _ = await municipalities.find(connection, town)
    expected = await rows(connection, CELLS, authority=number, **moment.parameters)
    countable = [one for one in expected if not one["key"].startswith("basis:")]
    own = [one for one in countable if one["own"]]
    answer = await municipalities.municipality(connection, town, moment)

    assert answer.counts.responsible == len(own)
    assert {name: getattr(answer.counts, name) for name in MEASURES} == counts(own)
    everything = counts(countable)
    for measure in ("online", "compliant"):
        figure = getattr(answer, measure).with_inherited
        assert (figure.numerator, figure.denominator) == (everything[measure], len(countable) - everything["excluded"])
        assert (figure.recorded, figure.excluded) == (everything["recorded"], everything["excluded"])
    assert answer.demonstration == any((one["bits"] or 0) & bit("demonstration") for one in expected)
    assert answer.trend[-1].online == answer.online.own


async def the_bundles_agree(connection: Connection, town: str, moment: Moment, of: Of) -> None:
    number, _ = await municipalities.find(connection, town)
    bundled: dict[str, list[int]] = {}
    for one in await rows(connection, CELLS, authority=number, **moment.parameters):
        if one["bundle"] is not None:
            bundled.setdefault(one["bundle"], []).append(one["bits"] or 0)
    concerned = [
        left for several in bundled.values() if (left := [has for has in several if not has & bit("excluded")])
    ]
    answer = await municipalities.municipality(connection, town, moment, "bundles", of)

    test = any if of == "any" else all
    for measure in ("online", "compliant"):
        figure = getattr(answer, measure).with_inherited
        assert figure.numerator == sum(test(has & bit(measure) for has in several) for several in concerned)
        assert (figure.denominator, figure.excluded) == (len(concerned), len(bundled) - len(concerned))
        assert figure.recorded == sum(any(has & bit("recorded") for has in several) for several in concerned)


async def the_lists_agree(connection: Connection, town: str, moment: Moment, which: cells.Which) -> None:
    number, _ = await municipalities.find(connection, town)
    expected = [
        (one["key"], one["provider"], one["own"], one["position"])
        for one in await rows(connection, CELLS, authority=number, **moment.parameters)
        if which == "all"
        or (which == "not_recorded" and one["bits"] is None)
        or (which in MEASURES and (one["bits"] or 0) & bit(which))
    ]
    found: list[cells.Cell] = []
    while page := await cells.listed(
        connection,
        number,
        moment,
        which=which,
        after=(found[-1].theme, found[-1].service.key) if found else None,
        limit=3,
    ):
        found += page
    assert [
        (one.service.key, one.delivered_by.id, one.own, one.status.event if one.status else None) for one in found
    ] == expected


@pytest.mark.slow
@pytest.mark.containers
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    taken=st.lists(steps, min_size=6, max_size=30),
    levels=st.lists(st.sampled_from(get_args(ServiceLevel)), min_size=6, max_size=6),
    cuts=st.lists(st.integers(10, 60), max_size=10),
    which=st.sampled_from(get_args(cells.Which)),
    of=st.sampled_from(get_args(Of)),
)
async def test_the_cells_are_what_a_plain_query_finds(
    progress_database: AsyncEngine,
    taken: list[tuple[Any, ...]],
    levels: list[ServiceLevel],
    cuts: list[int],
    which: cells.Which,
    of: Of,
) -> None:
    await start_over(progress_database)
    await tell(progress_database, told(taken, levels).log, cuts)
    days = [FIRST - timedelta(days=1), DAYS[1], DAYS[3], LAST]
    moments = [Moment(day, LAST, latest=True) for day in days] + [Moment(LAST, DAYS[2], latest=False)]
    async with reading(progress_database) as connection:
        for town in TOWNS:
            for moment in moments:
                await the_figures_agree(connection, town, moment)
            await the_bundles_agree(connection, town, moments[-2], of)
            await the_lists_agree(connection, town, moments[-2], which)
            await the_lists_agree(connection, town, moments[-1], which)
            trend = (await municipalities.municipality(connection, town, moments[-2])).trend
            for point in trend[-3:]:
                then = Moment(point.as_of, LAST, latest=True)
                assert point.online == (await municipalities.municipality(connection, town, then)).online.own


async def test_what_is_online_somewhere_is_the_same_from_bitmaps_and_recordings(progress_database: AsyncEngine) -> None:
    story = told([("record", (CITY, FLAT), live(3), 0)], ["commune"] * 6)
    await tell(progress_database, story.log, [])
    latest, then = Moment(LAST, LAST, latest=True), Moment(LAST, LAST, latest=False)
    async with reading(progress_database) as connection:
        city, far = [(await municipalities.find(connection, town))[0] for town in (CITY, FAR)]
        now = await held.online_of(connection, [city, far], latest)
        assert now == await held.online_of(connection, [city, far], then)
        assert await held.recorded_here(connection, city, latest) == now[city] != 0
        assert now[far] == 0
