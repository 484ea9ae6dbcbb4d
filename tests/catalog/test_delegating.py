"""Who may record for whom: nobody for another, unless it delegated that and has not taken it back."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.domain.delegation import DelegationHasEnded, NotDelegated
from catalog.domain.delegation_changes import DelegatedToItself, EndDelegation, GrantDelegation, NothingDelegated
from catalog.domain.entry import Entry
from catalog.domain.municipality import MemberUnknown
from catalog.domain.municipality_changes import DissolveMunicipality
from catalog.domain.sheet import RecordStatuses, Row
from catalog.domain.status_changes import ConfirmStatuses, RecordStatus, RetractStatus
from events.contracts.catalog import (
    DelegationEnded,
    DelegationGranted,
    StatusConfirmed,
    StatusRecorded,
    StatusRetracted,
)
from events.contracts.parts import MunicipalityRef
from tests.situations import saxony
from tests.situations.saxony import AMT_MITTWEIDA, CHEMNITZ, LEIPZIG, MITTWEIDA, MOVING_HOUSE
from tests.situations.world import World

TODAY = date(2026, 11, 2)
LIVE = Entry(service=MOVING_HOUSE, phase="live", effective_on=date(2026, 11, 1))
TOWNS = (MITTWEIDA, LEIPZIG, CHEMNITZ)


@pytest.fixture
def world() -> World:
    return a_world()


def a_world() -> World:
    world = World(TODAY)
    world.hears(*saxony.authorities(), *saxony.services())
    return world


def granting(delegate: str = AMT_MITTWEIDA, of: str = MITTWEIDA, **more: Any) -> GrantDelegation:
    return GrantDelegation(municipality=of, delegate=delegate, today=TODAY, **more)


def ending(delegate: str = AMT_MITTWEIDA, of: str = MITTWEIDA) -> EndDelegation:
    return EndDelegation(municipality=of, delegate=delegate, today=TODAY)


def recording(delegate: str | None = AMT_MITTWEIDA, of: str = MITTWEIDA, entry: Entry = LIVE) -> RecordStatus:
    return RecordStatus(municipality=of, entry=entry, today=TODAY, delegate=delegate)


def test_what_a_delegate_says_names_it_and_what_the_municipality_says_does_not(world: World) -> None:
    world.hears(granting(), recording())
    granted, recorded = (one.data for one in world.log[-2:])
    assert isinstance(granted, DelegationGranted)
    assert isinstance(recorded, StatusRecorded)
    assert isinstance(recorded.delegate, MunicipalityRef)
    assert (recorded.municipality.id, recorded.delegate.id) == (MITTWEIDA, AMT_MITTWEIDA)
    world.hears(ConfirmStatuses(municipality=MITTWEIDA, services=(MOVING_HOUSE,), today=TODAY, delegate=AMT_MITTWEIDA))
    confirmed = world.said()[-1]
    assert isinstance(confirmed, StatusConfirmed)
    assert confirmed.delegate == recorded.delegate
    world.hears(RetractStatus(municipality=MITTWEIDA, service=MOVING_HOUSE, today=TODAY, delegate=AMT_MITTWEIDA))
    retracted = world.said()[-1]
    assert isinstance(retracted, StatusRetracted)
    assert retracted.delegate == recorded.delegate
    world.hears(recording(None))
    own = world.said()[-1]
    assert isinstance(own, StatusRecorded)
    assert not own.delegate


def test_nobody_records_for_another_that_did_not_delegate_it(world: World) -> None:
    with pytest.raises(NotDelegated, match="PUT /municipalities/"):
        world.hears(recording())
    world.hears(granting())
    for stranger, here in ((CHEMNITZ, MITTWEIDA), (AMT_MITTWEIDA, CHEMNITZ), (MITTWEIDA, AMT_MITTWEIDA)):
        with pytest.raises(NotDelegated):
            world.hears(recording(stranger, here))


def test_a_right_that_was_taken_back_is_gone_and_can_be_given_again(world: World) -> None:
    world.hears(granting(), recording(), ending())
    assert isinstance(world.said()[-1], DelegationEnded)
    with pytest.raises(DelegationHasEnded, match="ended on 2026-11-02"):
        world.hears(recording(entry=Entry(service=MOVING_HOUSE, phase="planned", effective_on=TODAY)))
    world.hears(granting(), recording(entry=Entry(service=MOVING_HOUSE, phase="planned", effective_on=TODAY)))
    assert isinstance(world.said()[-1], StatusRecorded)


def test_a_delegate_that_is_no_more_may_no_more(world: World) -> None:
    world.hears(granting(), DissolveMunicipality(id=AMT_MITTWEIDA, effective_on=TODAY))
    with pytest.raises(DelegationHasEnded):
        world.hears(recording())


def test_a_sheet_of_a_delegate_names_it_in_every_row_and_is_refused_whole_without_the_right(world: World) -> None:
    sheet = RecordStatuses(municipality=MITTWEIDA, rows=(Row(row=1, entry=LIVE),), today=TODAY, delegate=AMT_MITTWEIDA)
    assert f"delegation/{MITTWEIDA}/" in sheet.depends_on()
    with pytest.raises(NotDelegated):
        world.hears(sheet)
    world.hears(granting(), sheet)
    recorded = world.said()[-1]
    assert isinstance(recorded, StatusRecorded)
    assert isinstance(recorded.delegate, MunicipalityRef)


def test_granting_twice_says_nothing_new_and_a_new_legal_basis_does(world: World) -> None:
    world.hears(granting())
    world.hears(granting())
    assert world.said() == []
    world.hears(granting(legal_basis="Zweckvereinbarung"))
    assert len(world.said()) == 1


def test_what_makes_no_sense_is_refused_in_words(world: World) -> None:
    with pytest.raises(DelegatedToItself):
        world.hears(granting(MITTWEIDA))
    with pytest.raises(MemberUnknown):
        world.hears(granting("ars:999999999999"))
    with pytest.raises(NothingDelegated):
        world.hears(ending())
    world.hears(granting(), ending())
    with pytest.raises(NothingDelegated):
        world.hears(ending())


PAIRS = st.tuples(st.sampled_from(TOWNS), st.sampled_from(TOWNS)).filter(lambda pair: pair[0] != pair[1])


@given(st.lists(st.tuples(st.sampled_from(["grant", "end", "record"]), PAIRS), max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_was_granted_and_ended_just_those_may_who_hold_the_right_now(
    story: list[tuple[str, tuple[str, str]]],
) -> None:
    world, held = a_world(), set[tuple[str, str]]()
    for number, (what, (here, delegate)) in enumerate(story):
        pair = (here, delegate)
        if what == "grant":
            world.hears(granting(delegate, here))
            held.add(pair)
        elif what == "end":
            if pair in held:
                world.hears(ending(delegate, here))
                held.discard(pair)
            else:
                with pytest.raises(NothingDelegated):
                    world.hears(ending(delegate, here))
        else:
            entry = Entry(service=MOVING_HOUSE, phase="live", effective_on=LIVE.effective_on, note=str(number))
            try:
                world.hears(recording(delegate, here, entry))
            except (NotDelegated, DelegationHasEnded):
                assert pair not in held
            else:
                assert pair in held


def test_leipzig_needs_no_right_for_itself(world: World) -> None:
    world.hears(recording(LEIPZIG, LEIPZIG))
    own = world.said()[-1]
    assert isinstance(own, StatusRecorded)
    assert not own.delegate
