"""Many statuses at once: what is recorded, what not, and that all or nothing means it."""

from datetime import date
from typing import Any

import msgspec
import pytest

from catalog.domain.entry import Entry
from catalog.domain.municipality import MunicipalityUnknown
from catalog.domain.sheet import RecordStatuses, Row, RowRefused, SheetRefused
from events.contracts.catalog import StatusRecorded, StatusRetracted
from events.contracts.parts import Basis
from tests.situations import saxony
from tests.situations.saxony import DOG_TAX, LEIPZIG, MOVING_HOUSE, OUTBOX, STATE_EXAM
from tests.situations.world import World

TODAY = date(2026, 11, 2)
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture
def world() -> World:
    world = World(TODAY)
    world.hears(*saxony.authorities(), *saxony.services())
    return world


def row(number: int, service: str, **given: Any) -> Row:
    defaults: dict[str, Any] = {"phase": "planned", "effective_on": JUNE, "basis": None}
    return Row(row=number, entry=Entry(service=service, **defaults | given))


def sheet(*rows: Row, municipality: str = LEIPZIG, **given: Any) -> RecordStatuses:
    return RecordStatuses(municipality=municipality, rows=rows, today=TODAY, **given)


def outcome(world: World, command: RecordStatuses) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(world.hears(command).body)
    return body


def test_a_sheet_records_each_row_and_a_second_time_nothing(world: World) -> None:
    command = sheet(row(1, MOVING_HOUSE), row(2, DOG_TAX), row(3, OUTBOX))
    first = outcome(world, command)
    assert (first["recorded"], first["unchanged"], first["refused"]) == (3, 0, 0)
    second = outcome(world, command)
    assert (second["recorded"], second["unchanged"]) == (0, 3)
    assert world.said() == []


def test_one_bad_row_keeps_all_out(world: World) -> None:
    bad = sheet(row(1, MOVING_HOUSE), row(2, STATE_EXAM), row(3, DOG_TAX, effective_on=date(2027, 1, 1)))
    with pytest.raises(SheetRefused, match="2 of 3 rows") as refused:
        world.hears(bad)
    assert [(one.row, one.field) for one in refused.value.rows] == [(2, "service"), (3, "effective_on")]


def test_mode_valid_takes_the_good_rows(world: World) -> None:
    got = outcome(world, sheet(row(1, MOVING_HOUSE), row(2, STATE_EXAM), mode="valid"))
    assert (got["recorded"], got["refused"]) == (1, 1)
    assert got["errors"][0]["row"] == 2
    assert "Sachsen" in got["errors"][0]["detail"]


def test_rows_that_could_not_be_read_are_refused_too(world: World) -> None:
    unreadable = (RowRefused(row=1, field="phase", en="no phase", de="keine Phase"),)
    got = outcome(world, sheet(row(2, MOVING_HOUSE), unreadable=unreadable, mode="valid", language="de"))
    assert (got["recorded"], got["refused"], got["errors"][0]["detail"]) == (1, 1, "keine Phase")
    with pytest.raises(SheetRefused, match="1 of 2 rows"):
        world.hears(sheet(row(2, DOG_TAX), unreadable=unreadable))


def test_a_dry_run_says_what_would_be_and_records_nothing(world: World) -> None:
    got = outcome(world, sheet(row(1, MOVING_HOUSE), row(2, STATE_EXAM), dry_run=True))
    assert (got["recorded"], got["refused"], got["dry_run"]) == (1, 1, True)
    assert world.said() == []


def test_a_service_that_stands_in_it_twice_is_told_in_order(world: World) -> None:
    outcome(world, sheet(row(1, MOVING_HOUSE), row(2, MOVING_HOUSE, phase="live", effective_on=JULY)))
    events = [one for one in world.said() if isinstance(one, StatusRecorded)]
    assert [(one.state.phase, one.effective_on) for one in events] == [("planned", JUNE), ("live", JULY)]
    assert events[1].replaced == events[0].state


def test_a_sheet_keeps_the_basis_of_what_it_does_not_change(world: World) -> None:
    outcome(world, sheet(row(1, MOVING_HOUSE, basis=Basis(kind="register", as_of=JUNE))))
    assert outcome(world, sheet(row(1, MOVING_HOUSE)))["unchanged"] == 1
    outcome(world, sheet(row(1, MOVING_HOUSE, phase="live", effective_on=JULY)))
    (event,) = world.said()
    assert isinstance(event, StatusRecorded)
    assert event.state.basis.kind == "self"


def test_a_moved_day_voids_the_old_one(world: World) -> None:
    outcome(world, sheet(row(1, MOVING_HOUSE)))
    got = outcome(world, sheet(row(1, MOVING_HOUSE, effective_on=JULY, instead_of=JUNE)))
    gone, new = world.said()
    assert isinstance(gone, StatusRetracted)
    assert isinstance(new, StatusRecorded)
    assert (gone.effective_on, new.effective_on, new.correction, new.replaced) == (JUNE, JULY, True, None)
    assert got["recorded"] == 1


def test_an_unknown_municipality_is_no_row_error(world: World) -> None:
    with pytest.raises(MunicipalityUnknown):
        world.hears(sheet(row(1, MOVING_HOUSE), municipality="ars:999999999999", mode="valid"))
