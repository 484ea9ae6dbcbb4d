"""What the figures say of a few towns one can count by hand."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import catalog as said
from events.contracts import parts
from events.contracts.parts import Status
from events.log.connect import Connection
from progress.applying import Progress
from progress.domain.figures import Figure
from progress.projections import (
    blind_spots,
    bundles,
    cells,
    districts,
    municipalities,
    opportunities,
    peers,
    services,
    solutions,
    themes,
    whole,
)
from progress.projections.moment import Moment, Unknown, reading
from tests.progress.saxony import (
    ALTMITTWEIDA,
    CHEMNITZ,
    DISTRICT,
    DOG,
    EXAM,
    FEDERATION,
    KIEL,
    LAND,
    LEIPZIG,
    LICENCE,
    MITTWEIDA,
    MOVING,
    OUTBOX,
    TODAY,
    UNION,
    opened,
    reporting_saxony,
    saxony,
    solution,
)
from tests.progress.story import Story, live

Told = Callable[[Story], AbstractAsyncContextManager[Connection]]
NOW = Moment(TODAY, TODAY, latest=True)


@pytest.fixture
def told(progress_database: AsyncEngine) -> Told:
    """Apply a story and open a snapshot to ask."""

    @asynccontextmanager
    async def tell(story: Story) -> AsyncIterator[Connection]:
        async with progress_database.begin() as connection:
            await Progress(UTC).apply(connection, story.log)
            await connection.execute(
                text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
                {"p": len(story.log)},
            )
        async with reading(progress_database) as connection:
            yield connection

    return tell


def share(figure: Figure) -> tuple[int, int]:
    return figure.numerator, figure.denominator


def on(day: date, known: date | None = None) -> Moment:
    return Moment(day, known or TODAY, latest=known is None)


async def test_a_town_has_own_figures_and_those_with_what_others_deliver_there(told: Told) -> None:
    async with told(reporting_saxony()) as connection:
        mittweida = await municipalities.municipality(connection, ALTMITTWEIDA, NOW)

    # Own: two services of communes, one of which does not apply. Above: the district's licence and the Land's exam.
    assert share(mittweida.online.own) == (0, 1)
    assert mittweida.online.own.excluded == 1
    assert share(mittweida.online.with_inherited) == (1, 3)
    assert share(mittweida.compliant.with_inherited) == (1, 3)
    assert mittweida.online.with_inherited.recorded == 2


async def test_a_city_that_is_a_district_too_does_both_itself(told: Told) -> None:
    async with told(reporting_saxony()) as connection:
        chemnitz = await municipalities.municipality(connection, CHEMNITZ, NOW)
        earlier = await municipalities.municipality(connection, CHEMNITZ, on(date(2026, 4, 30)))
        unknown_then = await municipalities.municipality(connection, CHEMNITZ, on(TODAY, TODAY - timedelta(days=1)))

    assert share(chemnitz.online.own) == (2, 3)
    assert share(chemnitz.compliant.own) == (1, 3)
    assert share(chemnitz.online.with_inherited) == (2, 4)
    assert share(chemnitz.components.online) == (1, 1)
    assert share(earlier.online.own) == (0, 3)
    assert earlier.online.own.recorded == 1
    assert unknown_then.online.own.recorded == 0
    assert [point.online.numerator for point in chemnitz.trend][-8:] == [0, 1, 1, 2, 2, 2, 2, 2]
    assert chemnitz.trend[-1].online == chemnitz.online.own


async def test_the_figures_of_a_region_count_each_responsibility_once(told: Told) -> None:
    async with told(reporting_saxony()) as connection:
        saxony_now = await whole.region(connection, "DE-SN", NOW)
        country = await whole.overview(connection, NOW)
        some = await districts.of_municipalities(connection, "DE-SN", NOW, None, 3)

    # 4 communes × 2 + 3 with districts × 1 + 1 Land × 1 = 12, one of them not applicable.
    assert share(saxony_now.online) == (3, 11)
    assert saxony_now.counts.not_assessed == 1
    assert saxony_now.services.of == 4
    assert (saxony_now.services.everywhere, saxony_now.services.somewhere) == (0, 3)
    assert (saxony_now.municipalities.reporting, saxony_now.municipalities.of) == (4, 7 - 1)
    assert {part.key: share(part.online) for part in saxony_now.themes}["mobilitaet_reisen"] == (1, 3)
    assert {part.key: share(part.online) for part in saxony_now.parts} == {
        CHEMNITZ: (2, 3),
        LEIPZIG: (0, 3),
        DISTRICT: (1, 4),
    }
    assert share(country.online) == (3, 14)
    assert {part.key: share(part.online) for part in country.parts} == {"DE-SN": (3, 11), "DE-SH": (0, 3)}
    assert saxony_now.trend[-1].online == saxony_now.online
    assert saxony_now.region is not None
    assert saxony_now.region.title["de"] == "Sachsen"
    assert [part.key for part in some] == [ALTMITTWEIDA, CHEMNITZ, LEIPZIG]
    assert saxony_now.inhabitants.online.numerator == 245_000 * 2 + 300_000


async def test_bundles_count_by_any_or_all_of_their_services(told: Told) -> None:
    story = reporting_saxony()
    async with told(story) as connection:
        any_of = await whole.region(connection, "DE-SN", NOW, "bundles", "any")
        compliant_all = await whole.region(connection, "DE-SN", NOW, "bundles", "all")
        town = await municipalities.municipality(connection, CHEMNITZ, NOW, "bundles", "all")
        moving = await bundles.bundle(connection, "10120", NOW)

    assert share(any_of.online) == (1, 1)
    assert share(compliant_all.compliant) == (0, 1)
    assert (share(town.online.own), share(town.compliant.own)) == ((1, 1), (0, 1))
    assert town.online.own.definition == "online-bundle-all@1"
    assert share(moving.online) == (2, 9)
    assert (moving.online_all, moving.compliant_all, moving.compliant_any) == (True, False, True)


async def test_a_service_is_everywhere_only_if_all_who_are_responsible_have_it(told: Told) -> None:
    story = reporting_saxony()
    story.record(LEIPZIG, LICENCE, live(2), date(2026, 8, 1))
    story.record(CHEMNITZ, LICENCE, live(2), date(2026, 9, 1))
    async with told(story) as connection:
        licence = await services.service(connection, LICENCE, NOW)
        before = await services.service(connection, LICENCE, on(date(2026, 8, 31)))
        number, _ = await services.find(connection, LICENCE)
        found = await services.places(connection, number, NOW, region="DE-SN", online=True, after=None, limit=10)

    assert share(licence.online) == (3, 4)
    assert not licence.everywhere
    assert licence.everywhere_in == ["DE-SN"]
    assert before.everywhere_in == []
    assert [place.municipality.id for place in found] == [CHEMNITZ, LEIPZIG, DISTRICT]
    assert found[0].status is not None
    assert found[0].status.event == len(story.log)
    assert licence.trend[-1].online == licence.online


async def test_an_association_that_delivers_for_its_members_counts_instead_of_them(told: Told) -> None:
    story = reporting_saxony()
    story.assign(UNION, MOVING, date(2026, 6, 1), members=[MITTWEIDA, ALTMITTWEIDA])
    story.record(UNION, MOVING, live(3), date(2026, 6, 15))
    async with told(story) as connection:
        saxony_now = await whole.region(connection, "DE-SN", NOW)
        town = await municipalities.municipality(connection, ALTMITTWEIDA, NOW)
        found = await cells.listed(connection, (await municipalities.find(connection, ALTMITTWEIDA))[0], NOW, limit=50)
        association = await municipalities.municipality(connection, UNION, NOW)

    assert share(saxony_now.online) == (4, 10)
    assert share(town.online.own) == (0, 0)
    assert town.online.own.share is None
    assert share(town.online.with_inherited) == (2, 3)
    assert {cell.service.key: (cell.own, cell.delivered_by.id) for cell in found} == {
        MOVING: (False, UNION),
        DOG: (True, ALTMITTWEIDA),
        LICENCE: (False, DISTRICT),
        EXAM: (False, LAND),
        OUTBOX: (True, ALTMITTWEIDA),
    }
    assert share(association.online.own) == (1, 1)


async def test_an_opportunity_is_open_here_for_what_is_missing_here(told: Told) -> None:
    story = reporting_saxony()
    outbox = solution("postausgang-sachsen", story.ref(OUTBOX), demonstration=True)
    house = solution("umzug", story.ref(MOVING), story.ref(DOG))
    for one in (outbox, house):
        story.say(said.SolutionPublished(solution=one))
        opened(story, one, "DE-SN")
    opened(story, solution("spaeter", story.ref(DOG)), "DE-SN", TODAY + timedelta(days=1))
    opened(story, solution("vorbei", story.ref(DOG)), "DE-SN", date(2026, 1, 1), until=TODAY)
    opened(story, solution("nur-andere", story.ref(DOG)), "DE", members=(story.towns[KIEL],))
    gone = solution("zurueckgezogen", story.ref(DOG))
    opened(story, gone, "DE-SN")
    story.say(said.SolutionWithdrawn(solution=gone))
    story.record(LEIPZIG, MOVING, live(3, solution="umzug"), date(2026, 11, 1))
    async with told(story) as connection:
        here = {
            town: await opportunities.opportunities(connection, town, NOW)
            for town in (CHEMNITZ, LEIPZIG, MITTWEIDA, KIEL)
        }
        of_house = await solutions.solution(connection, "umzug", NOW)

    slugs = {town: {one.slug: [s.key for s in one.services] for one in answer.items} for town, answer in here.items()}
    assert slugs[CHEMNITZ] == {}
    assert slugs[LEIPZIG] == {"postausgang-sachsen": [OUTBOX]}
    assert slugs[MITTWEIDA] == {"umzug": [DOG, MOVING], "postausgang-sachsen": [OUTBOX]}
    assert slugs[KIEL] == {"nur-andere": [DOG]}
    assert here[LEIPZIG].demonstration
    best = here[MITTWEIDA].items[0]
    assert (best.slug, best.users.municipalities, best.users.in_region) == ("umzug", 1, 1)
    assert best.availability.terms["cost_per_year"]["from"] == 1900
    assert share(of_house.online) == (1, 8)
    assert [user.municipality.id for user in of_house.users] == [LEIPZIG]


async def test_a_blind_spot_is_what_most_peers_have_online_and_nobody_recorded_here(told: Told) -> None:
    story = reporting_saxony()
    story.record(KIEL, DOG, live(3), date(2026, 8, 1))
    story.record(KIEL, LICENCE, live(3, solution="strasse"), date(2026, 8, 1))
    async with told(story) as connection:
        spots = await blind_spots.blind_spots(connection, CHEMNITZ, NOW)
        early = await blind_spots.blind_spots(connection, CHEMNITZ, on(date(2026, 7, 31)))
        ask = await peers.peers(connection, CHEMNITZ, LICENCE, NOW)

    assert [(spot.service.key, share(spot.online)) for spot in spots.items] == [(LICENCE, (1, 1))]
    assert [peer.municipality.id for peer in spots.items[0].ask] == [KIEL]
    assert early.items == []
    assert ask.items[0].status is not None
    assert ask.items[0].status.solution == "strasse"
    assert (ask.group.size_class, ask.group.municipalities) == ("200.000–400.000", 1)


async def test_what_the_federation_delivers_counts_once_for_the_country_and_is_inherited_everywhere(told: Told) -> None:
    story = reporting_saxony()
    pension = "leika:99011001000000"
    story.town(FEDERATION, ("national",), "DE", inhabitants=83_000_000, name="Bund")
    story.service(pension, "federal", "arbeit_ruhestand")
    story.record(FEDERATION, pension, live(4), date(2026, 1, 1))
    async with told(story) as connection:
        service = await services.service(connection, pension, NOW)
        country = await whole.region(connection, "DE", NOW)
        theme = await themes.theme(connection, "arbeit_ruhestand", NOW)
        kiel = await municipalities.municipality(connection, KIEL, NOW)

    assert (share(service.online), service.everywhere_in) == ((1, 1), ["DE"])
    assert share(country.online) == (4, 15)
    assert {part.key: share(part.online) for part in country.parts} == {"DE-SN": (3, 11), "DE-SH": (0, 3)}
    assert share(theme.online) == (1, 1)
    assert (share(kiel.online.own), share(kiel.online.with_inherited)) == ((0, 3), (1, 4))


async def test_a_theme_is_asked_everywhere_or_in_one_region(told: Told) -> None:
    async with told(reporting_saxony()) as connection:
        everywhere = await themes.theme(connection, "steuern_zoll", NOW)
        here = await themes.theme(connection, "steuern_zoll", NOW, "DE-SN")

    assert (share(everywhere.online), share(here.online)) == ((1, 4), (1, 3))
    assert [part.key for part in here.services] == [DOG]
    assert here.trend[-1].online == here.online


async def test_a_retracted_status_leaves_nothing_recorded(told: Told) -> None:
    story = reporting_saxony()
    story.retract(CHEMNITZ, DOG, date(2026, 7, 1))
    async with told(story) as connection:
        chemnitz = await municipalities.municipality(connection, CHEMNITZ, NOW)
        number = (await municipalities.find(connection, CHEMNITZ))[0]
        missing = await cells.listed(connection, number, NOW, which="not_recorded", own=True, limit=50)

    assert share(chemnitz.online.own) == (1, 3)
    assert [cell.service.key for cell in missing] == [LICENCE, DOG]


async def test_a_status_for_demonstration_is_said_to_be_one(told: Told) -> None:
    story = saxony()
    story.record(LEIPZIG, DOG, Status(phase="planned", basis=parts.Basis(kind="demonstration")), date(2026, 1, 1))
    async with told(story) as connection:
        assert (await whole.overview(connection, NOW)).demonstration
        assert (await municipalities.municipality(connection, LEIPZIG, NOW)).demonstration
        assert not (await municipalities.municipality(connection, CHEMNITZ, NOW)).demonstration


async def test_a_merged_municipality_keeps_its_past(told: Told) -> None:
    story = reporting_saxony()
    story.record(MITTWEIDA, DOG, live(3), date(2026, 1, 1))
    story.say(
        said.MunicipalityMerged(
            municipality=story.towns[MITTWEIDA],
            successor=story.towns[CHEMNITZ],
            effective_on=date(2026, 10, 1),
            basis=parts.Basis(kind="reference-data"),
        )
    )
    async with told(story) as connection:
        before = await whole.region(connection, "DE-SN", on(date(2026, 9, 30)))
        after = await whole.region(connection, "DE-SN", NOW)
        town = await municipalities.municipality(connection, MITTWEIDA, NOW)

    assert share(before.online) == (4, 11)
    assert share(after.online) == (3, 9)
    assert town.municipality.successor == CHEMNITZ
    assert share(town.online.own) == (0, 0)


async def test_what_nobody_knows_is_named(told: Told) -> None:
    async with told(saxony()) as connection:
        with pytest.raises(Unknown, match="region DE-XX"):
            await whole.region(connection, "DE-XX", NOW)
        with pytest.raises(Unknown, match="municipality ars:999999999999"):
            await municipalities.municipality(connection, "ars:999999999999", NOW)
