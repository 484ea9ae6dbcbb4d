"""What is recorded, what is refused, and in which words."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from catalog.domain.asking import INSTALLATION, By
from catalog.domain.municipality import KnownUnderAnotherKey, MunicipalityHasEnded, MunicipalityUnknown
from catalog.domain.municipality_changes import MergeMunicipality, RekeyMunicipality
from catalog.domain.responsibility_changes import AssignResponsibility
from catalog.domain.service import ServiceIsWithdrawn, ServiceUnknown, WithdrawService
from catalog.domain.solution_changes import PublishSolution, WithdrawSolution
from catalog.domain.status_changes import ConfirmStatuses, RetractStatus
from catalog.domain.status_refusals import (
    AssessedInTheFuture,
    ExpectedInThePast,
    InTheFuture,
    MaturityLevelOutside,
    MaturityModelUnknown,
    MaturityOfComponent,
    NotAWebAddress,
    NoteTooLong,
    NothingRecorded,
    NotResponsible,
    ReasonMissing,
    ReasonNotWanted,
    SolutionDoesNotCover,
    TooLongAgo,
    UsesUnknownSolution,
    UsesWithdrawnSolution,
)
from events.contracts.catalog import StatusConfirmed, StatusRecorded, StatusRetracted
from events.contracts.parts import Basis, Maturity
from events.contracts.refusals import Refusal
from tests.catalog.recordings import JULY, JUNE, MAY, TODAY, nothing_recorded, recording
from tests.situations.saxony import (
    CHEMNITZ,
    DOG_TAX,
    DRIVING_LICENCE,
    LEIPZIG,
    MITTELSACHSEN,
    MITTWEIDA,
    MOVING_HOUSE,
    OUTBOX,
)
from tests.situations.world import World


@pytest.fixture
def world() -> World:
    return nothing_recorded()


def outbox_solution() -> PublishSolution:
    return PublishSolution(
        slug="postausgang",
        name="Postausgang",
        kind="saas",
        efa=False,
        services=(OUTBOX,),
        publisher="org:kommunal-it",
        by=INSTALLATION,
    )


def test_a_first_recording_says_what_holds_from_when(world: World) -> None:
    answer = world.hears(recording(note="seit dem Umzug"))
    (event,) = world.said()
    assert isinstance(event, StatusRecorded)
    assert (event.effective_on, event.until, event.replaced, event.correction) == (JUNE, None, None, False)
    assert event.recorded_on == TODAY
    assert event.municipality.name == "Leipzig"
    assert answer.outcome == "created"
    shown = msgspec.json.decode(answer.body)
    assert (shown["version"], shown["position"], shown["state"]["phase"]) == (1, answer.position, "planned")


def test_a_later_recording_replaces_the_earlier(world: World) -> None:
    world.hears(recording(), recording(phase="live", effective_on=JULY))
    (event,) = world.said()
    assert isinstance(event, StatusRecorded)
    assert event.replaced is not None
    assert (event.replaced.phase, event.state.phase, event.until) == ("planned", "live", None)


def test_a_back_dated_recording_holds_until_the_next(world: World) -> None:
    world.hears(recording(), recording(phase="not_started", effective_on=MAY))
    (event,) = world.said()
    assert isinstance(event, StatusRecorded)
    assert (event.effective_on, event.until, event.replaced) == (MAY, JUNE, None)


def test_the_same_day_again_is_a_correction(world: World) -> None:
    world.hears(recording(), recording(phase="live"))
    (event,) = world.said()
    assert isinstance(event, StatusRecorded)
    assert event.correction


def test_the_state_in_force_is_not_said_again(world: World) -> None:
    world.hears(recording())
    answer = world.hears(recording(effective_on=JULY))
    assert answer.outcome == "unchanged"
    assert world.said() == []
    assert (answer.version, answer.position) == (1, len(world.log))


def test_a_new_note_alone_is_kept_without_being_a_development(world: World) -> None:
    world.hears(recording(note="a"))
    answer = world.hears(recording(effective_on=JULY, note="b"))
    (event,) = world.said()
    assert isinstance(event, StatusRecorded)
    assert (event.effective_on, event.correction, event.state) == (JUNE, True, event.replaced)
    assert answer.outcome == "changed"
    assert world.hears(recording(note="b")).outcome == "unchanged"


def test_an_assessment_day_that_is_left_out_stays(world: World) -> None:
    assessed = Maturity(model="ozg-1.1", level=3, assessed_on=MAY)
    world.hears(recording(phase="live", maturity=assessed))
    again = recording(phase="live", maturity=Maturity(model="ozg-1.1", level=3))
    assert world.hears(again).outcome == "unchanged"


def test_a_retraction_brings_back_what_was_before(world: World) -> None:
    world.hears(recording(), recording(phase="live", effective_on=JULY))
    answer = world.hears(RetractStatus(municipality=LEIPZIG, service=MOVING_HOUSE, today=TODAY))
    (event,) = world.said()
    assert isinstance(event, StatusRetracted)
    assert event.state is not None
    assert (event.replaced.phase, event.state.phase, event.effective_on) == ("live", "planned", JULY)
    assert answer.outcome == "removed"


def test_an_earlier_recording_can_be_retracted_by_its_day(world: World) -> None:
    world.hears(recording(), recording(phase="live", effective_on=JULY))
    world.hears(RetractStatus(municipality=LEIPZIG, service=MOVING_HOUSE, today=TODAY, effective_on=JUNE))
    (event,) = world.said()
    assert isinstance(event, StatusRetracted)
    assert (event.state, event.until) == (None, JULY)


def test_what_was_never_recorded_cannot_be_retracted(world: World) -> None:
    with pytest.raises(NothingRecorded):
        world.hears(RetractStatus(municipality=LEIPZIG, service=MOVING_HOUSE, today=TODAY))
    world.hears(recording())
    with pytest.raises(NothingRecorded, match="There is: 2026-06-01"):
        world.hears(RetractStatus(municipality=LEIPZIG, service=MOVING_HOUSE, today=TODAY, effective_on=JULY))


def test_confirming_says_so_once_a_day_for_what_is_recorded(world: World) -> None:
    world.hears(recording())
    confirm = ConfirmStatuses(municipality=LEIPZIG, services=(MOVING_HOUSE, DOG_TAX), today=TODAY)
    answer = msgspec.json.decode(world.hears(confirm).body)
    (event,) = world.said()
    assert isinstance(event, StatusConfirmed)
    assert (event.confirmed_on, event.effective_on) == (TODAY, JUNE)
    assert (answer["confirmed"], answer["not_recorded"]) == (1, [DOG_TAX])
    world.hears(confirm)
    assert world.said() == []


REFUSED: list[tuple[type[Refusal], str | None, dict[str, Any]]] = [
    (InTheFuture, "effective_on", {"effective_on": TODAY + timedelta(days=1)}),
    (TooLongAgo, "effective_on", {"effective_on": date(26, 11, 1)}),
    (ExpectedInThePast, "expected_live_on", {"expected_live_on": MAY}),
    (ReasonMissing, "reason", {"phase": "not_applicable"}),
    (ReasonNotWanted, "reason", {"reason": "no_case"}),
    (MaturityModelUnknown, "maturity.model", {"maturity": Maturity(model="ozg-3", level=1)}),
    (MaturityLevelOutside, "maturity.level", {"maturity": Maturity(model="ozg-1.1", level=5)}),
    (
        AssessedInTheFuture,
        "maturity.assessed_on",
        {"maturity": Maturity(model="ozg-1.1", level=1, assessed_on=date(2027, 1, 1))},
    ),
    (MaturityOfComponent, "maturity", {"service": OUTBOX, "maturity": Maturity(model="ozg-1.1", level=1)}),
    (NotAWebAddress, "online_url", {"online_url": "javascript:alert(1)"}),
    (NotAWebAddress, "online_url", {"online_url": "www.leipzig.de"}),
    (NotAWebAddress, "online_url", {"online_url": "https://" + "x" * 3000}),
    (NoteTooLong, "note", {"note": "x" * 4001}),
    (AssessedInTheFuture, "basis.as_of", {"basis": Basis(kind="register", as_of=date(2027, 1, 1))}),
    (UsesUnknownSolution, "solution", {"solution": "nowhere"}),
    (ServiceUnknown, "service", {"service": "leika:99999999999999"}),
]


@pytest.mark.parametrize(("refusal", "field", "given"), REFUSED, ids=lambda value: getattr(value, "__name__", None))
def test_nonsense_is_refused_by_name(
    world: World, refusal: type[Refusal], field: str | None, given: dict[str, Any]
) -> None:
    with pytest.raises(refusal) as refused:
        world.hears(recording(**given))
    assert refused.value.field == field
    assert refused.value.de != refused.value.en


def test_a_future_day_points_to_the_field_for_plans(world: World) -> None:
    with pytest.raises(InTheFuture, match='"expected_live_on": "2026-12-01"'):
        world.hears(recording(effective_on=date(2026, 12, 1)))


def test_an_unknown_municipality_is_refused(world: World) -> None:
    with pytest.raises(MunicipalityUnknown, match="ars:999999999999"):
        world.hears(recording("ars:999999999999"))


def test_a_merged_municipality_names_its_successor(world: World) -> None:
    world.hears(MergeMunicipality(id=MITTWEIDA, successor=CHEMNITZ, effective_on=MAY))
    with pytest.raises(MunicipalityHasEnded, match=f"Record it for {CHEMNITZ}"):
        world.hears(recording(MITTWEIDA))


def test_an_older_key_leads_to_the_id(world: World) -> None:
    world.hears(RekeyMunicipality(id=MITTWEIDA, key="ars:145225119999", effective_on=MAY))
    with pytest.raises(KnownUnderAnotherKey) as refused:
        world.hears(recording("ars:145225119999"))
    assert refused.value.id == MITTWEIDA


def test_a_withdrawn_service_names_its_successor(world: World) -> None:
    world.hears(WithdrawService(service=DOG_TAX, effective_on=MAY, successor=MOVING_HOUSE))
    with pytest.raises(ServiceIsWithdrawn, match="Wohnsitz anmelden"):
        world.hears(recording(service=DOG_TAX))


def test_who_is_not_responsible_learns_who_is_and_what_to_do(world: World) -> None:
    with pytest.raises(NotResponsible) as refused:
        world.hears(recording(MITTWEIDA, service=DRIVING_LICENCE))
    assert "delivered by Mittelsachsen" in refused.value.en
    assert f"PUT /municipalities/{MITTWEIDA}/responsibilities/{DRIVING_LICENCE}" in refused.value.en
    world.hears(
        AssignResponsibility(
            municipality=MITTWEIDA,
            service=DRIVING_LICENCE,
            members=(MITTWEIDA,),
            effective_on=JUNE,
            by=By("editor", MITTWEIDA),
            today=TODAY,
        )
    )
    assert world.hears(recording(MITTWEIDA, service=DRIVING_LICENCE)).outcome == "created"


def test_a_district_records_district_services(world: World) -> None:
    assert world.hears(recording(MITTELSACHSEN, service=DRIVING_LICENCE)).outcome == "created"


def test_a_component_is_everyones_concern(world: World) -> None:
    assert world.hears(recording(MITTELSACHSEN, service=OUTBOX, phase="live")).outcome == "created"


def test_a_solution_must_cover_the_service(world: World) -> None:
    world.hears(outbox_solution())
    assert world.hears(recording(service=OUTBOX, solution="postausgang")).outcome == "created"
    with pytest.raises(SolutionDoesNotCover, match="Postausgang does not cover Wohnsitz anmelden"):
        world.hears(recording(solution="postausgang"))


def test_a_withdrawn_solution_is_not_recorded_anew(world: World) -> None:
    world.hears(outbox_solution(), recording(service=OUTBOX, solution="postausgang"))
    world.hears(WithdrawSolution(slug="postausgang", by=INSTALLATION))
    assert world.hears(recording(service=OUTBOX, solution="postausgang")).outcome == "unchanged"
    with pytest.raises(UsesWithdrawnSolution):
        world.hears(recording(CHEMNITZ, service=OUTBOX, solution="postausgang"))
