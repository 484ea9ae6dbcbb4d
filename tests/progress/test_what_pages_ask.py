"""What only the pages ask: areas of the map, what happened, what is new, what is found, how peers went."""

import statistics
from collections.abc import Sequence
from datetime import UTC, date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts.parts import Status
from progress.applying import Progress
from progress.projections import (
    among_peers,
    areas,
    districts,
    finding,
    history,
    municipalities,
    recent,
    solutions,
    standing,
)
from progress.projections.moment import Moment, reading
from tests.progress.saxony import (
    ALTMITTWEIDA,
    CHEMNITZ,
    DISTRICT,
    DOG,
    KIEL,
    LEIPZIG,
    LICENCE,
    MOVING,
    TODAY,
    opened,
    reporting_saxony,
    saxony,
    solution,
)
from tests.progress.story import Story, live

NOW = Moment(TODAY, TODAY, latest=True)
ASKED_TODAY_OF_THEN = [
    NOW,
    Moment(TODAY, TODAY, latest=False),
    Moment(date(2026, 6, 30), TODAY, latest=True),
    Moment(date(2026, 6, 30), date(2026, 6, 30), latest=False),
]


async def applied(database: AsyncEngine, story: Story) -> None:
    async with database.begin() as connection:
        await Progress(UTC).apply(connection, story.log)
        await connection.execute(
            text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
            {"p": len(story.log)},
        )


@pytest.mark.parametrize("moment", ASKED_TODAY_OF_THEN)
async def test_the_areas_of_the_map_are_the_districts_of_each_region(
    progress_database: AsyncEngine, moment: Moment
) -> None:
    await applied(progress_database, reporting_saxony())
    async with reading(progress_database) as connection:
        found = await areas.districts(connection, moment)
        one_by_one = {
            one.key: one
            for code in ("DE-SN", "DE-SH")
            for one in await districts.of_districts(connection, code, moment)
        }
    assert found.keys() == one_by_one.keys() == {DISTRICT, CHEMNITZ, LEIPZIG, KIEL}
    for key, area in found.items():
        assert (area.online, area.compliant) == (one_by_one[key].online, one_by_one[key].compliant)


@pytest.mark.parametrize("moment", [NOW, Moment(TODAY, TODAY, latest=False)])
async def test_who_reports_is_counted_in_every_district_and_region(
    progress_database: AsyncEngine, moment: Moment
) -> None:
    await applied(progress_database, reporting_saxony())
    async with reading(progress_database) as connection:
        found = await areas.reporting(connection, moment)
    counted = {key: (one.reporting, one.of) for key, one in found.items()}
    assert counted[CHEMNITZ] == (1, 1)
    assert counted[LEIPZIG] == (0, 1)
    assert counted[DISTRICT] == (2, 3)
    assert counted["DE-SH"] == (0, 1)
    assert counted["DE-SN"] == (4, 6)


async def test_a_districts_municipalities_are_those_in_it(progress_database: AsyncEngine) -> None:
    await applied(progress_database, reporting_saxony())
    async with reading(progress_database) as connection:
        area = (await areas.districts(connection, NOW))[DISTRICT]
        found = await areas.municipalities(connection, area, NOW)
    assert [one.title["de"] for one in found] == ["Altmittweida", "Mittelsachsen", "Mittweida, Stadt"]


@pytest.mark.parametrize("moment", ASKED_TODAY_OF_THEN)
async def test_a_district_developed_as_its_municipalities_did(progress_database: AsyncEngine, moment: Moment) -> None:
    """The last point is the district itself; every earlier one is what was asked of that day."""
    await applied(progress_database, reporting_saxony())
    async with reading(progress_database) as connection:
        for key in (DISTRICT, CHEMNITZ):
            found = await areas.trend(connection, key, moment)
            assert found[-1].online == (await areas.districts(connection, moment))[key].online
            for point in found[-8::3]:
                then = moment._replace(as_of=point.as_of)
                area = (await areas.districts(connection, then))[key]
                assert (point.online, point.compliant) == (area.online, area.compliant)


@pytest.mark.parametrize("moment", [NOW, Moment(TODAY, TODAY, latest=False)])
async def test_where_a_solution_is_used_is_counted_by_municipality(
    progress_database: AsyncEngine, moment: Moment
) -> None:
    story = saxony()
    opened(story, solution("hund", story.ref(DOG), story.ref(MOVING)), "DE-SN")
    for town, service in ((CHEMNITZ, DOG), (CHEMNITZ, MOVING), (KIEL, DOG)):
        story.record(town, service, live(3, solution="hund"), date(2026, 5, 1))
    story.record(LEIPZIG, DOG, Status(phase="planned", solution="hund"), date(2026, 5, 1))
    story.record(KIEL, DOG, live(3), date(2026, 9, 1))
    await applied(progress_database, story)
    async with reading(progress_database) as connection:
        found = await solutions.users_by_region(connection, "hund", moment)
        before = await solutions.users_by_region(connection, "hund", moment._replace(as_of=date(2026, 8, 1)))
    assert found == {"DE-SN": 1}
    assert before == {"DE-SN": 1, "DE-SH": 1}


async def test_what_happened_is_told_latest_first_with_what_was_before(progress_database: AsyncEngine) -> None:
    story = saxony()
    story.record(CHEMNITZ, MOVING, Status(phase="planned"), date(2026, 1, 10))
    story.record(CHEMNITZ, MOVING, live(3), date(2026, 5, 1))
    story.record(LEIPZIG, MOVING, live(3), date(2026, 5, 2))
    await applied(progress_database, story)
    async with reading(progress_database) as connection:
        town = await standing.town(connection, CHEMNITZ, NOW)
        latest, first = await history.changes(connection, town.id, NOW, 10)
        only = await history.changes(connection, town.id, NOW, 1)
        before = await history.changes(connection, town.id, Moment(date(2026, 3, 1), TODAY, latest=True), 10)
    assert (first.before, first.after) == (None, history.Status(phase="planned", level=None))
    assert (latest.before, latest.after) == (first.after, history.Status(phase="live", level=3))
    assert latest.effective_on == date(2026, 5, 1)
    assert only == [latest]
    assert before == [first]


async def test_what_is_new_to_reuse_is_named_once_with_all_its_regions(progress_database: AsyncEngine) -> None:
    story = saxony()
    dog = solution("hund", story.ref(DOG))
    opened(story, dog, "DE-SN", date(2026, 3, 1))
    opened(story, dog, "DE-SH", date(2026, 10, 1))
    opened(story, solution("umzug", story.ref(MOVING)), "DE-SN", date(2026, 5, 1))
    opened(story, solution("bald", story.ref(MOVING)), "DE-SN", date(2027, 5, 1))
    await applied(progress_database, story)
    async with reading(progress_database) as connection:
        found = await recent.recent(connection, NOW)
        earlier = await recent.recent(connection, Moment(date(2026, 4, 1), TODAY, latest=True))
    assert [(one.slug, one.since, one.regions) for one in found] == [
        ("hund", date(2026, 10, 1), ["DE-SH", "DE-SN"]),
        ("umzug", date(2026, 5, 1), ["DE-SN"]),
    ]
    assert [(one.slug, one.regions) for one in earlier] == [("hund", ["DE-SN"])]


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("hund", [DOG]),
        ("Hundesteuer anmelden", [DOG]),
        ("anmelden", [DOG, MOVING]),
        ("fuehrer", [LICENCE]),
        ("Führer", [LICENCE]),
        ("fuhrer", [LICENCE]),
        ("99102002000000", [DOG]),
        ("hund katze", []),
        ("  ", []),
        ("%", []),
    ],
)
async def test_a_service_is_found_however_it_is_typed(
    progress_database: AsyncEngine, typed: str, keys: list[str]
) -> None:
    await applied(progress_database, saxony())
    async with reading(progress_database) as connection:
        found = await finding.find_services(connection, typed)
    assert [one.key for one in found] == keys


def by_hand(story: Story, peers: Sequence[str], day: date) -> tuple[int, float | None]:
    """How many peers report on a day, and the median of their shares online, from the timelines of the story."""
    own = [key for key, one in story.services.items() if one.level in {"commune", "district"}]
    shares = []
    for peer in peers:
        states = [
            timeline[max(days)]
            for (whose, service), timeline in story.timelines.items()
            if whose == peer and service in own and (days := [start for start in timeline if start <= day])
        ]
        if states:
            there = len(own) - sum(one.phase == "not_applicable" for one in states)
            shares.append(sum(one.phase == "live" for one in states) / there)
    return len(shares), statistics.median(shares) if shares else None


@pytest.mark.parametrize("latest", [True, False])
@pytest.mark.parametrize("day", [TODAY, date(2026, 6, 30), date(2026, 9, 1)])
async def test_the_median_of_peers_is_that_of_those_who_report(
    progress_database: AsyncEngine, latest: bool, day: date
) -> None:
    story = saxony()
    others = [
        story.town(f"ars:{number}0000000000", ("commune", "district"), inhabitants=250_000) for number in range(61, 65)
    ]
    story.record(CHEMNITZ, MOVING, live(3), date(2026, 1, 1))
    story.record(KIEL, MOVING, live(3), date(2026, 5, 1))
    story.record(KIEL, DOG, Status(phase="not_applicable", reason="no_case"), date(2026, 9, 1))
    story.record(others[0], DOG, Status(phase="planned"), date(2023, 2, 1))
    story.record(others[1], DOG, live(3), date(2024, 2, 1))
    story.record(others[1], LICENCE, live(3), date(2026, 8, 31))
    story.record(others[1], MOVING, live(3), date(2026, 11, 20))
    story.record(others[2], MOVING, live(2), date(2026, 6, 30))
    await applied(progress_database, story)
    moment = Moment(day, TODAY, latest)
    async with reading(progress_database) as connection:
        town = await standing.town(connection, CHEMNITZ, moment)
        answer = await municipalities.municipality(connection, CHEMNITZ, moment)
        found = await among_peers.medians(connection, town, answer, moment)
    expected = [by_hand(story, [KIEL, *others], point.as_of) for point in answer.trend]
    assert list(found.line) == pytest.approx([median for _, median in expected])
    assert found.reporting == expected[-1][0]
    assert found.online == pytest.approx(expected[-1][1])
    assert found.compliant is not None
    assert found.recorded is not None


async def test_who_has_no_peers_has_no_median(progress_database: AsyncEngine) -> None:
    await applied(progress_database, saxony())
    async with reading(progress_database) as connection:
        town = await standing.town(connection, ALTMITTWEIDA, NOW)
        answer = await municipalities.municipality(connection, ALTMITTWEIDA, NOW)
        found = await among_peers.medians(connection, town, answer, NOW)
    assert found.reporting == 0
    assert set(found.line) == {None}
