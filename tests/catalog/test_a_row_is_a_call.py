"""A sheet says what single calls, row after row, would have said: the same events, the same refusals, the same words."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from hypothesis import given, target
from hypothesis import strategies as st

from catalog.domain.entry import Entry
from catalog.domain.sheet import RecordStatuses, Row
from catalog.domain.status_changes import RecordStatus
from events.contracts.parts import Basis, Fact, Maturity
from events.contracts.refusals import Refusal
from tests.situations import saxony
from tests.situations.saxony import DOG_TAX, LEIPZIG, MOVING_HOUSE, OUTBOX, STATE_EXAM
from tests.situations.world import World

TODAY = date(2026, 11, 2)

FINE: list[dict[str, Any]] = [
    {"phase": "planned"},
    {"phase": "planned", "note": "said in the council"},
    {"phase": "live", "maturity": Maturity(model="ozg-1.1", level=3), "online_url": "https://leipzig.example/online"},
    {"phase": "live", "correction": True},
    {"phase": "not_applicable", "reason": "no_case"},
    {"phase": "live", "basis": Basis(kind="register", as_of=TODAY - timedelta(days=20))},
    {"phase": "planned", "basis": Basis(kind="demonstration")},
]
FAULTY: list[dict[str, Any]] = [
    {"phase": "live", "maturity": Maturity(model="ozg-1.1", level=9)},
    {"phase": "live", "online_url": "leipzig.example"},
    {"phase": "live", "solution": "nobody-knows-it"},
    {"phase": "live", "reason": "no_case"},
    {"phase": "planned", "effective_on": TODAY + timedelta(days=3)},
    {"phase": "planned", "service": "leika:00000000000000"},
    {"phase": "planned", "service": STATE_EXAM},
]
entries = st.builds(
    lambda service, days, said: Entry(**{"service": service, "effective_on": TODAY - timedelta(days=days), **said}),
    st.sampled_from([MOVING_HOUSE, DOG_TAX, OUTBOX]),
    st.integers(0, 30),
    st.sampled_from([*FINE, *FINE, *FAULTY]),
)


def world() -> World:
    made = World(TODAY)
    made.hears(*saxony.authorities(), *saxony.services())
    return made


def by_calls(sheet: Sequence[Entry]) -> tuple[list[Fact], list[tuple[int, str | None, str]]]:
    calling, said, refused = world(), [], []
    for number, entry in enumerate(sheet, 1):
        try:
            calling.hears(RecordStatus(municipality=LEIPZIG, entry=entry, today=TODAY))
        except Refusal as no:
            refused.append((number, no.field, no.en))
        else:
            said += calling.said()
    return said, refused


@given(st.lists(entries, max_size=8))
def test_rows_say_what_calls_say(sheet: list[Entry]) -> None:
    said, refused = by_calls(sheet)
    target(float(len(said)))
    uploading = world()
    rows = tuple(Row(row=number, entry=entry) for number, entry in enumerate(sheet, 1))
    answer = uploading.hears(RecordStatuses(municipality=LEIPZIG, rows=rows, today=TODAY, mode="valid"))
    outcomes: dict[str, Any] = msgspec.json.decode(answer.body)
    assert uploading.said() == said
    assert [(one["row"], one["field"], one["detail"]) for one in outcomes["errors"]] == refused
    assert outcomes["unchanged"] == len(sheet) - len(refused) - outcomes["recorded"]
