"""A solution belongs to its publisher and opens region by region; saying the same again says nothing."""

from datetime import date
from typing import Any

import msgspec
import pytest

from catalog.domain.asking import INSTALLATION, By
from catalog.domain.availability import (
    CloseSolution,
    MemberOutsideRegion,
    OpenSolution,
    TermsImplausible,
)
from catalog.domain.municipality import MemberUnknown
from catalog.domain.places import RegionUnknown
from catalog.domain.solution import (
    ClosesBeforeItOpens,
    NotOpenThere,
    NotYourSolution,
    SolutionIsWithdrawn,
    SolutionUnknown,
)
from catalog.domain.solution_changes import (
    CoversUnknownServices,
    NamesNothing,
    PublishesAsAnother,
    PublishSolution,
    WithdrawSolution,
)
from catalog.domain.status_refusals import NotAWebAddress
from events.contracts.catalog import (
    SolutionBecameAvailable,
    SolutionBecameUnavailable,
    SolutionPublished,
    SolutionRevised,
    SolutionTermsChanged,
    SolutionWithdrawn,
)
from events.contracts.parts import Amount, Terms
from events.contracts.refusals import Refusal
from tests.situations import saxony
from tests.situations.saxony import CHEMNITZ, DOG_TAX, FLENSBURG, LEIPZIG, MOVING_HOUSE, OUTBOX
from tests.situations.world import World

TODAY = date(2026, 11, 2)
LEIPZIGS = By("publisher", LEIPZIG)


@pytest.fixture
def world() -> World:
    world = World(TODAY)
    world.hears(*saxony.authorities(), *saxony.services())
    return world


def publishing(by: By = LEIPZIGS, **given: Any) -> PublishSolution:
    facts: dict[str, Any] = {
        "slug": "postausgang",
        "name": "Postausgang",
        "kind": "saas",
        "efa": False,
        "services": (OUTBOX,),
        "publisher": "Stadt Leipzig",
    }
    return PublishSolution(by=by, **facts | given)


def opening(*regions: str, by: By = LEIPZIGS, **given: Any) -> OpenSolution:
    facts: dict[str, Any] = {"slug": "postausgang", "regions": regions or ("DE-SN",), "today": TODAY}
    return OpenSolution(by=by, **facts | given)


def hears(world: World, *commands: Any, by: By = LEIPZIGS) -> Any:
    return world.hears(*commands, actor=f"{by.authority or 'inst'}/{by.role}/1")


def test_publishing_names_the_publisher_and_what_it_covers(world: World) -> None:
    answer = hears(world, publishing())
    (event,) = world.said()
    assert isinstance(event, SolutionPublished)
    assert (event.solution.publisher.id, event.solution.publisher.name) == (LEIPZIG, "Stadt Leipzig")
    assert event.solution.services[0].title == "Digitaler Postausgang"
    assert answer.outcome == "created"
    assert msgspec.json.decode(answer.body)["availability"] == []


def test_publishing_the_same_again_says_nothing(world: World) -> None:
    hears(world, publishing())
    assert hears(world, publishing()).outcome == "unchanged"


def test_a_revision_says_what_was_added_and_removed(world: World) -> None:
    hears(world, publishing(services=(OUTBOX, DOG_TAX)), publishing(services=(OUTBOX, MOVING_HOUSE)))
    (event,) = world.said()
    assert isinstance(event, SolutionRevised)
    assert ([s.key for s in event.added], [s.key for s in event.removed]) == ([MOVING_HOUSE], [DOG_TAX])


def test_only_its_publisher_and_operators_change_it(world: World) -> None:
    hears(world, publishing())
    others = By("publisher", CHEMNITZ)
    for command in (
        publishing(others, publisher="Stadt Chemnitz"),
        opening(by=others),
        WithdrawSolution(slug="postausgang", by=others),
    ):
        with pytest.raises(NotYourSolution, match="belongs to Stadt Leipzig"):
            hears(world, command, by=others)
    assert hears(world, publishing(INSTALLATION, name="Neu"), by=INSTALLATION).outcome == "changed"
    assert hears(world, publishing(name="Neuer")).outcome == "changed"


def test_what_an_operator_publishes_belongs_to_the_publisher_it_names(world: World) -> None:
    hears(world, publishing(INSTALLATION, publisher=LEIPZIG), by=INSTALLATION)
    assert hears(world, opening()).outcome == "created"


def test_nobody_publishes_as_another_municipality(world: World) -> None:
    with pytest.raises(PublishesAsAnother):
        hears(world, publishing(publisher=CHEMNITZ))
    hears(world, publishing(publisher="147130000000"))


def test_unknown_services_are_named_each(world: World) -> None:
    with pytest.raises(CoversUnknownServices) as refused:
        hears(world, publishing(services=(OUTBOX, "basis:unsinn", "leika:00000000000000")))
    assert [row.row for row in refused.value.rows] == [2, 3]


@pytest.mark.parametrize(
    ("refusal", "given"),
    [(NamesNothing, {"name": " "}), (NamesNothing, {"services": ()}), (NotAWebAddress, {"url": "ftp://x"})],
)
def test_incomplete_facts_are_refused(world: World, refusal: type[Refusal], given: dict[str, Any]) -> None:
    with pytest.raises(refusal):
        hears(world, publishing(**given))


def test_opening_says_where_from_when_and_on_what_terms(world: World) -> None:
    terms = Terms(contract="Vereinbarung", cost_once=Amount(from_=0, to=1000))
    answer = hears(world, publishing(), opening(terms=terms))
    (event,) = world.said()
    assert isinstance(event, SolutionBecameAvailable)
    assert (event.availability.region, event.availability.from_, event.availability.terms) == ("DE-SN", TODAY, terms)
    assert answer.outcome == "created"
    assert hears(world, opening(terms=terms)).outcome == "unchanged"


def test_other_terms_are_said_with_those_they_replace(world: World) -> None:
    hears(world, publishing(), opening(), opening(terms=Terms(notice_months=3)))
    (event,) = world.said()
    assert isinstance(event, SolutionTermsChanged)
    assert (event.replaced.terms.notice_months, event.availability.terms.notice_months) == (None, 3)


def test_opening_several_regions_closes_none(world: World) -> None:
    answer = hears(world, publishing(), opening(), opening("DE-SN", "DE-SH", "DE-BE"))
    assert [type(event) for event in world.said()] == [SolutionBecameAvailable] * 2
    regions = [one["region"] for one in msgspec.json.decode(answer.body)["availability"]]
    assert regions == ["DE-BE", "DE-SH", "DE-SN"]


def test_closing_and_opening_again(world: World) -> None:
    close = CloseSolution(slug="postausgang", region="DE-SN", by=LEIPZIGS, today=TODAY)
    hears(world, publishing(), opening(), close)
    (event,) = world.said()
    assert isinstance(event, SolutionBecameUnavailable)
    with pytest.raises(NotOpenThere):
        hears(world, close)
    hears(world, opening())
    assert isinstance(world.said()[0], SolutionBecameAvailable)


def test_what_ran_out_opens_anew(world: World) -> None:
    hears(world, publishing(), opening(from_=date(2026, 1, 1), until=date(2026, 6, 1)))
    hears(world, opening(from_=TODAY))
    assert isinstance(world.said()[0], SolutionBecameAvailable)


def test_named_members_lie_in_the_region(world: World) -> None:
    hears(world, publishing(), opening(members=(LEIPZIG, CHEMNITZ)))
    assert hears(world, opening(members=(CHEMNITZ, LEIPZIG))).outcome == "unchanged"
    with pytest.raises(MemberOutsideRegion, match="Flensburg"):
        hears(world, opening(members=(FLENSBURG,)))
    with pytest.raises(MemberUnknown):
        hears(world, opening(members=("ars:999999999999",)))


@pytest.mark.parametrize(
    ("refusal", "given"),
    [
        (ClosesBeforeItOpens, {"from_": TODAY, "until": date(2026, 11, 1)}),
        (RegionUnknown, {"regions": ("DE-XX",)}),
        (NamesNothing, {"members": ()}),
        (TermsImplausible, {"terms": Terms(cost_once=Amount(from_=5, to=1))}),
        (TermsImplausible, {"terms": Terms(cost_once=Amount(from_=-5))}),
        (TermsImplausible, {"terms": Terms(cost_per_year=Amount(currency="Euro"))}),
        (NotAWebAddress, {"terms": Terms(order_url="hier")}),
    ],
)
def test_implausible_offers_are_refused(world: World, refusal: type[Refusal], given: dict[str, Any]) -> None:
    hears(world, publishing())
    with pytest.raises(refusal):
        hears(world, opening(**given))


def test_a_withdrawn_solution_is_open_nowhere_until_published_again(world: World) -> None:
    withdraw = WithdrawSolution(slug="postausgang", by=LEIPZIGS)
    hears(world, publishing(), opening(), withdraw)
    assert isinstance(world.said()[0], SolutionWithdrawn)
    assert hears(world, withdraw).outcome == "unchanged"
    with pytest.raises(SolutionIsWithdrawn):
        hears(world, opening())
    hears(world, publishing())
    assert isinstance(world.said()[0], SolutionPublished)
    assert hears(world, opening()).outcome == "created"


def test_what_was_never_published_cannot_be_opened(world: World) -> None:
    with pytest.raises(SolutionUnknown):
        hears(world, opening())
