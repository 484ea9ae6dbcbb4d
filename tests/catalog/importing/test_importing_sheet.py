"""A sheet records exactly what its rows say, and what a clerk may not have meant is told."""

from datetime import date
from typing import Any

import msgspec
import pytest

from catalog.domain.entry import Entry
from catalog.domain.sheet import RecordStatuses, Row
from catalog.domain.status import Timeline
from catalog.domain.status_changes import RecordStatus
from catalog.importing import formats
from catalog.importing.sheet import Sheet, read
from events.contracts.catalog import StatusRecorded, StatusRetracted
from events.contracts.parts import Basis, Maturity
from tests.situations.saxony import DOG_TAX, LEIPZIG, MOVING_HOUSE, authorities, services
from tests.situations.world import World

_TODAY = date(2026, 11, 2)
_HEADER = "service;phase;maturity_model;maturity_level;effective_on;expected_live_on;online_url;solution;reason;note"


@pytest.fixture
def world() -> World:
    """Leipzig has moving house live since March 2025, assessed by others, with an address."""
    world = World(_TODAY)
    world.hears(*authorities(), *services())
    world.hears(
        _recording(phase="planned", effective_on=date(2024, 1, 1), basis=Basis(kind="check")),
        _recording(
            phase="live",
            effective_on=date(2025, 3, 1),
            maturity=Maturity(model="ozg-1.1", level=2, assessed_on=date(2025, 4, 1)),
            online_url="https://leipzig.de/umzug",
            basis=Basis(kind="check"),
            note="checked",
        ),
    )
    return world


_AS_IT_IS = "99115005060000;live;ozg-1.1;2;2025-03-01;;https://leipzig.de/umzug;;;checked"


def _recording(**entry: Any) -> RecordStatus:
    return RecordStatus(municipality=LEIPZIG, entry=Entry(service=MOVING_HOUSE, **entry), today=_TODAY)


def timelines(world: World) -> dict[str, Timeline]:
    return {key.id.split("/")[1]: state.timeline for key, state in world.states.items() if key.kind == "status"}


def reading(world: World, body: str) -> Sheet:
    return read(formats.read(body.encode()), timelines(world), _TODAY)


def uploaded(world: World, *lines: str, header: str = _HEADER) -> dict[str, Any]:
    sheet = reading(world, "\n".join((header, *lines)))
    command = RecordStatuses(
        municipality=LEIPZIG, rows=sheet.rows, today=_TODAY, unreadable=sheet.refused, mode="valid"
    )
    answer: dict[str, Any] = msgspec.json.decode(world.hears(command).body)
    return answer | {"notices": [(one.row, one.field, one.en) for one in sheet.notices], "skipped": sheet.skipped}


def now(world: World, service: str = MOVING_HOUSE) -> Any:
    return timelines(world)[service].on(_TODAY)


def test_an_untouched_row_changes_nothing_not_even_the_basis(world: World) -> None:
    before = len(world.log)
    assert uploaded(world, _AS_IT_IS)["unchanged"] == 1
    assert len(world.log) == before


def test_a_new_phase_with_a_new_day_is_a_development(world: World) -> None:
    told = uploaded(world, "99115005060000;suspended;;;01.10.2026;;;;;")
    assert (told["recorded"], told["notices"]) == (1, [])
    (said,) = world.said()
    assert isinstance(said, StatusRecorded)
    assert (said.state.phase, said.effective_on, said.correction) == ("suspended", date(2026, 10, 1), False)
    assert said.state.basis.kind == "self"


def test_a_new_phase_with_the_old_day_corrects_that_recording_and_is_told(world: World) -> None:
    told = uploaded(world, _AS_IT_IS.replace("live", "pilot", 1))
    (said,) = world.said()
    assert isinstance(said, StatusRecorded)
    assert (said.effective_on, said.correction) == (date(2025, 3, 1), True)
    ((row, field, notice),) = told["notices"]
    assert (row, field) == (1, "effective_on")
    assert "corrects what was recorded" in notice


def test_another_address_with_the_old_day_is_a_correction_nobody_need_be_told_of(world: World) -> None:
    told = uploaded(world, _AS_IT_IS.replace("umzug", "ummelden"))
    assert (told["recorded"], told["notices"]) == (1, [])
    assert now(world).state.online_url == "https://leipzig.de/ummelden"
    assert now(world).state.maturity.assessed_on == date(2025, 4, 1)


@pytest.mark.parametrize("day", [date(2025, 6, 1), date(2024, 12, 1)])
def test_another_day_alone_moves_the_recording(world: World, day: date) -> None:
    uploaded(world, _AS_IT_IS.replace("2025-03-01", day.isoformat()))
    assert [type(said) for said in world.said()] == [StatusRetracted, StatusRecorded]
    assert [one.effective_on for one in timelines(world)[MOVING_HOUSE].recordings] == [date(2024, 1, 1), day]
    assert now(world).state.phase == "live"
    assert now(world).state.maturity.assessed_on == date(2025, 4, 1)
    assert uploaded(world, _AS_IT_IS.replace("2025-03-01", day.isoformat()))["unchanged"] == 1


def test_a_stale_sheet_does_not_undo_what_was_recorded_since(world: World) -> None:
    world.hears(_recording(phase="suspended", effective_on=date(2026, 1, 1)))
    world.hears(_recording(phase="live", effective_on=date(2026, 6, 1)))
    told = uploaded(world, _AS_IT_IS)
    assert told["unchanged"] == 1
    assert len(timelines(world)[MOVING_HOUSE].recordings) == 4


def test_a_day_before_what_is_in_force_is_history_and_is_told(world: World) -> None:
    told = uploaded(world, "99115005060000;pilot;;;2024-06-01;;;;;")
    assert told["recorded"] == 1
    assert "since then live holds" in told["notices"][0][2]
    assert now(world).state.phase == "live"


def test_several_rows_of_a_service_tell_its_history(world: World) -> None:
    key = "99102002000000"
    rows = [f"{key};geplant;;;01.01.2024;;;;;", f"{key};live;;;01.01.2025;;;;;", f"{key};live;;;01.02.2025;;;;;"]
    told = uploaded(world, *rows)
    assert (told["recorded"], told["unchanged"]) == (2, 1)
    assert uploaded(world, *rows)["unchanged"] == 3
    assert [one.effective_on.year for one in timelines(world)[DOG_TAX].recordings] == [2024, 2025]


def test_two_rows_that_contradict_each_other_are_not_both_taken(world: World) -> None:
    row = "99102002000000;live;;;01.01.2026;;;;;"
    told = uploaded(world, row, row.replace("live", "pilot"), row)
    assert (told["recorded"], told["unchanged"]) == (1, 1)
    assert (told["errors"][0]["row"], told["errors"][0]["field"]) == (2, "service")


def test_a_blank_phase_says_nothing(world: World) -> None:
    told = uploaded(world, "99102002000000;;;;;;;;;")
    assert (told["recorded"], told["refused"], told["skipped"]) == (0, 0, 1)


def test_an_emptied_phase_takes_nothing_back_and_is_told(world: World) -> None:
    told = uploaded(world, _AS_IT_IS.replace("live", "", 1))
    assert (told["recorded"], told["refused"], told["skipped"]) == (0, 0, 1)
    assert "what is recorded stays" in told["notices"][0][2]


def test_a_row_that_says_something_without_a_phase_is_refused(world: World) -> None:
    told = uploaded(world, "99102002000000;;ozg-1.1;3;;;;;;")
    assert told["errors"][0]["field"] == "phase"


def test_the_day_may_be_today_in_words_and_a_missing_one_is_asked_for(world: World) -> None:
    told = uploaded(world, "99102002000000;planned;;;heute;;;;;", "basis:postausgang;planned;;;;;;;;")
    assert now(world, DOG_TAX).effective_on == _TODAY
    assert (told["errors"][0]["row"], told["errors"][0]["field"]) == (2, "effective_on")
    assert told["errors"][0]["detail"].startswith("Since when?")


def test_a_missing_day_does_not_matter_where_nothing_else_changed(world: World) -> None:
    assert uploaded(world, _AS_IT_IS.replace("2025-03-01", ""))["unchanged"] == 1


def test_a_column_that_the_sheet_lacks_is_no_statement(world: World) -> None:
    assert uploaded(world, "99115005060000;live;2025-03-01", header="service;phase;effective_on")["unchanged"] == 1
    uploaded(world, "99115005060000;suspended;2026-05-01", header="service;phase;effective_on")
    assert now(world).state.online_url == "https://leipzig.de/umzug"


def test_an_emptied_cell_is_a_statement(world: World) -> None:
    uploaded(world, _AS_IT_IS.replace("https://leipzig.de/umzug", ""))
    assert now(world).state.online_url is None


def test_every_problem_of_a_row_is_told_at_once(world: World) -> None:
    told = uploaded(world, "9,91E+13;läuft;;drei;gestern;bald;;;;", _AS_IT_IS)
    assert (told["refused"], told["unchanged"]) == (1, 1)
    assert {error["field"] for error in told["errors"]} == {
        "service",
        "phase",
    }
    told = uploaded(world, "99102002000000;live;;drei;gestern;bald;;;warum;")
    assert {error["field"] for error in told["errors"]} == {
        "maturity_level",
        "effective_on",
        "expected_live_on",
        "reason",
    }


@pytest.mark.parametrize(("model", "level", "field"), [("", "3", "maturity_model"), ("ozg-1.1", "", "maturity_level")])
def test_a_level_and_its_model_belong_together(world: World, model: str, level: str, field: str) -> None:
    told = uploaded(world, f"99102002000000;live;{model};{level};2026-01-01;;;;;")
    assert [error["field"] for error in told["errors"]] == [field]


@pytest.mark.parametrize("model", ["ozg-1.1", "OZG 1.1", "1.1", "Ozg-1.1"])
def test_a_model_is_understood_however_it_is_written(world: World, model: str) -> None:
    uploaded(world, f"99102002000000;live;{model};3;2026-01-01;;;;;")
    assert now(world, DOG_TAX).state.maturity == Maturity(model="ozg-1.1", level=3)


def test_a_json_row_says_everything_like_a_single_status(world: World) -> None:
    row = """{"service": "99115005060000", "phase": "live", "effective_on": "2026-01-01",
              "maturity": {"model": "ozg-1.1", "level": 3, "assessed_on": "2026-02-01"},
              "basis": {"kind": "demonstration"}, "note": "x"}"""
    (asked,) = reading(world, row).rows
    assert asked == Row(
        row=1,
        entry=Entry(
            service=MOVING_HOUSE,
            phase="live",
            effective_on=date(2026, 1, 1),
            maturity=Maturity(model="ozg-1.1", level=3, assessed_on=date(2026, 2, 1)),
            basis=Basis(kind="demonstration"),
            note="x",
        ),
    )


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ('{"service": "99102002000000", "phase": "live", "effective_on": 5, "maturity": 3}', "maturity"),
        ('{"service": {}, "phase": "live", "effective_on": "2026-01-01"}', "service"),
        ('{"service": "99102002000000", "phase": ["live"], "effective_on": "2026-01-01"}', "phase"),
        (
            '{"service": "99102002000000", "phase": "live", "effective_on": "2026-01-01", "basis": {"kind": "me"}}',
            "basis",
        ),
        ('{"service": "99102002000000", "phase": "live", "effective_on": null}', "effective_on"),
        ('{"phase": "live", "effective_on": "2026-01-01"}', "service"),
        ('"live"', None),
        ("5", None),
        ("null", None),
    ],
)
def test_a_wrong_json_row_is_refused_by_number_and_field(world: World, row: str, field: str | None) -> None:
    sheet = reading(world, f"[{row}]")
    assert sheet.rows == ()
    assert field in {one.field for one in sheet.refused}
