"""Who delivers what where, and who may say so."""

from datetime import date
from typing import Any

import pytest

from catalog.domain import responsibility
from catalog.domain.asking import INSTALLATION, By
from catalog.domain.days import DayImplausible
from catalog.domain.responsibility_changes import (
    AssignResponsibility,
    EndResponsibility,
    MayNotAssign,
    NothingAssigned,
    ServesNobody,
)
from catalog.domain.service import Service
from events.contracts.catalog import ResponsibilityAssigned, ResponsibilityEnded
from events.contracts.refusals import Refusal
from events.deciding import Key
from tests.situations import saxony
from tests.situations.saxony import (
    ALTMITTWEIDA,
    AMT_MITTWEIDA,
    CHEMNITZ,
    DRIVING_LICENCE,
    FLENSBURG,
    LEIPZIG,
    MITTELSACHSEN,
    MITTWEIDA,
    MOVING_HOUSE,
    STATE_EXAM,
)
from tests.situations.world import World

TODAY, JUNE, JULY = date(2026, 11, 2), date(2026, 6, 1), date(2026, 7, 1)
AMT = By("editor", AMT_MITTWEIDA)


@pytest.fixture
def world() -> World:
    world = World(TODAY)
    world.hears(*saxony.authorities(), *saxony.services())
    return world


def assigning(municipality: str = AMT_MITTWEIDA, by: By = AMT, **given: Any) -> AssignResponsibility:
    facts: dict[str, Any] = {"service": MOVING_HOUSE, "effective_on": JUNE}
    if not {"region", "members"} & set(given):
        facts["members"] = (MITTWEIDA, ALTMITTWEIDA)
    return AssignResponsibility(municipality=municipality, by=by, today=TODAY, **facts | given)


def who(world: World, municipality: str, service: str = MOVING_HOUSE, day: date = TODAY) -> tuple[bool, str | None]:
    """Whether it delivers itself, and who does."""
    here = world.town(municipality)
    assert here is not None
    what: Service = world.states[saxony_key("service", service)]
    said = world._state(responsibility.concerning(municipality, service))
    deliverer = responsibility.deliverer(here, what, said, day)
    return responsibility.delivers(here, what, said, day), deliverer.id if deliverer else None


def saxony_key(kind: str, key: str) -> Any:
    return Key(kind, key)


def test_by_default_the_level_decides(world: World) -> None:
    assert who(world, MITTWEIDA) == (True, MITTWEIDA)
    assert who(world, MITTWEIDA, DRIVING_LICENCE) == (False, MITTELSACHSEN)
    assert who(world, LEIPZIG, DRIVING_LICENCE) == (True, LEIPZIG)
    assert who(world, LEIPZIG, STATE_EXAM)[0] is False
    assert who(world, FLENSBURG, STATE_EXAM) == (False, None)


def test_an_association_delivers_for_its_members_from_a_day(world: World) -> None:
    world.hears(assigning())
    (event,) = world.said()
    assert isinstance(event, ResponsibilityAssigned)
    assert [one.id for one in event.serves.members or ()] == [ALTMITTWEIDA, MITTWEIDA]
    assert who(world, MITTWEIDA) == (False, AMT_MITTWEIDA)
    assert who(world, AMT_MITTWEIDA)[0] is True
    assert who(world, MITTWEIDA, day=date(2026, 5, 31)) == (True, MITTWEIDA)
    assert who(world, CHEMNITZ) == (True, CHEMNITZ)


def test_a_region_is_served_but_for_who_says_otherwise(world: World) -> None:
    world.hears(assigning(CHEMNITZ, INSTALLATION, region="DE-SN"))
    assert who(world, LEIPZIG) == (False, CHEMNITZ)
    assert who(world, FLENSBURG) == (True, FLENSBURG)
    world.hears(assigning(LEIPZIG, By("editor", LEIPZIG), members=(LEIPZIG,)))
    assert who(world, LEIPZIG) == (True, LEIPZIG)


def test_the_same_again_says_nothing(world: World) -> None:
    world.hears(assigning())
    assert world.hears(assigning(members=(ALTMITTWEIDA, MITTWEIDA))).outcome == "unchanged"
    assert world.hears(assigning(effective_on=JULY)).outcome == "unchanged"


def test_another_circle_ends_the_one_before(world: World) -> None:
    world.hears(assigning(), assigning(members=(MITTWEIDA,), effective_on=JULY))
    ended, assigned = world.said()
    assert isinstance(ended, ResponsibilityEnded)
    assert isinstance(assigned, ResponsibilityAssigned)
    assert len(ended.serves.members or ()) == 2
    assert who(world, ALTMITTWEIDA) == (True, ALTMITTWEIDA)
    assert who(world, ALTMITTWEIDA, day=JUNE) == (False, AMT_MITTWEIDA)


def test_an_ended_responsibility_falls_back_to_the_default(world: World) -> None:
    end = EndResponsibility(municipality=AMT_MITTWEIDA, service=MOVING_HOUSE, effective_on=JULY, today=TODAY)
    world.hears(assigning(), end)
    assert who(world, MITTWEIDA) == (True, MITTWEIDA)
    assert who(world, MITTWEIDA, day=JUNE) == (False, AMT_MITTWEIDA)
    with pytest.raises(NothingAssigned):
        world.hears(end)


@pytest.mark.parametrize(
    ("refusal", "given"),
    [
        (MayNotAssign, {"members": (CHEMNITZ,)}),
        (MayNotAssign, {"region": "DE-SN"}),
        (ServesNobody, {"region": "DE-SN", "members": (MITTWEIDA,)}),
        (ServesNobody, {"members": ()}),
        (DayImplausible, {"effective_on": date(2027, 1, 1)}),
    ],
)
def test_nobody_takes_what_was_not_given(world: World, refusal: type[Refusal], given: dict[str, Any]) -> None:
    with pytest.raises(refusal):
        world.hears(assigning(**given))


def test_a_commune_may_not_take_over_for_its_neighbour(world: World) -> None:
    with pytest.raises(MayNotAssign, match="Altmittweida"):
        world.hears(assigning(MITTWEIDA, By("editor", MITTWEIDA), members=(ALTMITTWEIDA,)))
