"""Several say something about the same status: who knows best stands, and an import only adds."""

from datetime import date, timedelta

import pytest

from catalog.domain.status_changes import RecordStatus
from catalog.domain.status_refusals import NewerStatementStands
from events.contracts.parts import Basis
from tests.catalog.recordings import JULY, JUNE, TODAY, entry, nothing_recorded, recording
from tests.situations.saxony import LEIPZIG
from tests.situations.world import World


@pytest.fixture
def world() -> World:
    return nothing_recorded()


def test_an_import_never_overwrites_a_newer_own_statement(world: World) -> None:
    world.hears(recording(phase="live"))
    register = Basis(kind="register", as_of=date(2026, 10, 1))
    with pytest.raises(NewerStatementStands, match="phase: recorded live, register says planned"):
        world.hears(recording(effective_on=JULY, basis=register))


def test_an_import_of_what_is_said_already_changes_nothing(world: World) -> None:
    world.hears(recording())
    assert world.hears(recording(effective_on=JULY, basis=Basis(kind="register"))).outcome == "unchanged"


def test_an_import_fills_what_is_not_recorded_and_self_overrules_it(world: World) -> None:
    register = Basis(kind="register", as_of=JULY)
    assert world.hears(recording(basis=register)).outcome == "created"
    assert world.hears(recording(basis=Basis(kind="register", as_of=TODAY))).outcome == "unchanged"
    assert world.hears(recording()).outcome == "changed"


def test_an_import_may_tell_of_a_later_development(world: World) -> None:
    world.hears(recording())
    world.today = TODAY + timedelta(days=30)
    later = entry(phase="live", effective_on=TODAY + timedelta(days=20), basis=Basis(kind="register"))
    assert world.hears(RecordStatus(municipality=LEIPZIG, entry=later, today=world.today)).outcome == "changed"


def test_demonstration_never_overwrites_what_is_real(world: World) -> None:
    world.hears(recording(basis=Basis(kind="register", as_of=JUNE)))
    with pytest.raises(NewerStatementStands):
        world.hears(recording(phase="live", effective_on=JULY, basis=Basis(kind="demonstration", as_of=TODAY)))
