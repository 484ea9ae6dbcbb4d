"""Whatever is recorded, back-dated, corrected and retracted in whatever order: counters that move by what events say are right.

A counter moves by −replaced +state on `effective_on` and back on `until`, on the day it was said. For every day of the world
(`as_of`) and every day of knowing it (`known_at`) that must equal a count from scratch, made from the accepted commands alone.
"""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.entry import Entry
from catalog.domain.status_changes import RecordStatus, RetractStatus
from events.contracts.catalog import StatusRecorded, StatusRetracted
from events.contracts.parts import Fact, Status
from events.contracts.refusals import Refusal
from tests.situations import saxony
from tests.situations.saxony import LEIPZIG, MOVING_HOUSE
from tests.situations.world import World

FIRST = date(2026, 1, 1)
DAYS = 8
Deltas = list[tuple[date, date, str, int]]

asked = st.tuples(
    st.sampled_from(["planned", "pilot", "live", None]),
    st.integers(0, DAYS - 1),
    st.booleans(),
    st.integers(0, 2),
)
"""A phase to record (None: retract), the day it is for, whether as a correction, and how many days pass before."""


def moves(event: Fact) -> Deltas:
    """What the one rule says a counter does."""
    assert isinstance(event, StatusRecorded | StatusRetracted)
    deltas: Deltas = []
    for status, sign in ((event.replaced, -1), (event.state, +1)):
        if status is not None:
            deltas.append((event.effective_on, event.recorded_on, status.phase, sign))
            if event.until is not None:
                deltas.append((event.until, event.recorded_on, status.phase, -sign))
    return deltas


@given(st.lists(asked, max_size=14))
def test_counters_equal_a_recount_on_every_day(story: list[tuple[str | None, int, bool, int]]) -> None:
    world = World(FIRST)
    world.hears(*saxony.authorities(), *saxony.services())
    deltas: Deltas = []
    accepted: list[tuple[date, date, str | None]] = []
    for phase, offset, correction, passing in story:
        world.today = min(world.today + timedelta(days=passing), FIRST + timedelta(days=DAYS - 1))
        day = FIRST + timedelta(days=offset)
        command: RecordStatus | RetractStatus = RetractStatus(
            municipality=LEIPZIG, service=MOVING_HOUSE, today=world.today, effective_on=day
        )
        if phase is not None:
            wanted = Entry(service=MOVING_HOUSE, phase=phase, effective_on=day, correction=correction)  # type: ignore[arg-type]
            command = RecordStatus(municipality=LEIPZIG, entry=wanted, today=world.today)
        try:
            answer = world.hears(command)
        except Refusal:
            continue
        if answer.outcome != "unchanged":
            accepted.append((world.today, day, phase))
        deltas += [delta for event in world.said() for delta in moves(event)]
    days = [FIRST + timedelta(days=offset) for offset in range(DAYS)]
    for known_at in days:
        for as_of in days:
            assert counted(deltas, as_of, known_at) == from_scratch(accepted, as_of, known_at)


def counted(deltas: Deltas, as_of: date, known_at: date) -> Counter[str]:
    counter: Counter[str] = Counter()
    for effective_on, recorded_on, phase, change in deltas:
        if effective_on <= as_of and recorded_on <= known_at:
            counter[phase] += change
    assert all(count >= 0 for count in counter.values())
    return +counter


def from_scratch(accepted: list[tuple[date, date, str | None]], as_of: date, known_at: date) -> Counter[str]:
    begins: dict[date, str] = {}
    for said_on, day, phase in accepted:
        if said_on <= known_at:
            begins.pop(day, None)
            if phase is not None:
                begins[day] = phase
    in_force = max((day for day in begins if day <= as_of), default=None)
    return Counter() if in_force is None else Counter([begins[in_force]])


def test_every_event_says_what_held_before() -> None:
    world = World(FIRST + timedelta(days=5))
    world.hears(*saxony.authorities(), *saxony.services())
    held: dict[date, Status | None] = {}
    for phase, offset in (("planned", 1), ("live", 4), ("pilot", 2), ("live", 1)):
        day = FIRST + timedelta(days=offset)
        wanted = Entry(service=MOVING_HOUSE, phase=phase, effective_on=day)  # type: ignore[arg-type]
        world.hears(RecordStatus(municipality=LEIPZIG, entry=wanted, today=world.today))
        (event,) = world.said()
        assert isinstance(event, StatusRecorded)
        before = max((one for one in held if one <= day), default=None)
        assert event.replaced == (held[before] if before is not None else None)
        held[day] = event.state
