"""How far one service is in one municipality: a timeline of recordings, and how every change of it is said.

One rule: an event names a span of days, what held there until now (`replaced`) and what holds there now (`state`). So
whoever counts moves by −replaced +state on the first day and back on the last, and need not look anything up.
"""

from datetime import date, datetime
from functools import lru_cache

import msgspec
from msgspec import UNSET

from catalog.domain.delegation import Delegate
from catalog.domain.municipality import Municipality
from catalog.domain.service import Service
from events.contracts.catalog import StatusConfirmed, StatusRecorded, StatusRetracted
from events.contracts.parts import MunicipalityRef, ServiceRef, Status
from events.deciding import Key, Recorded

CELLS = 8192
"""Each command asks several times for the key of its cell; so many are remembered, more than wait at any moment."""


class Recording(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was recorded as being so from a day on. The note's text lies beside the log and is only lent to this."""

    effective_on: date
    state: Status
    position: int = 0
    recorded_at: datetime | None = None
    recorded_on: date
    actor: str = ""
    delegate: Delegate = UNSET
    note: str | None = None

    @property
    def authority(self) -> str:
        """Who recorded it, as far as that is public."""
        return self.actor.partition("/")[0]


class Timeline(msgspec.Struct, frozen=True, gc=False):
    """Recordings in the order of the days from which they hold, one a day."""

    recordings: tuple[Recording, ...] = ()

    def on(self, day: date) -> Recording | None:
        """What is in force on that day."""
        for one in reversed(self.recordings):
            if one.effective_on <= day:
                return one
        return None

    def exactly(self, day: date) -> Recording | None:
        """What was recorded as beginning on that day."""
        return next((one for one in self.recordings if one.effective_on == day), None)

    def until(self, day: date) -> date | None:
        """The day on which the next recording takes over."""
        for one in self.recordings:
            if one.effective_on > day:
                return one.effective_on
        return None

    def before(self, day: date) -> Recording | None:
        """What would hold on that day if nothing had been recorded for it."""
        return next((one for one in reversed(self.recordings) if one.effective_on < day), None)

    def with_(self, recording: Recording) -> "Timeline":
        """The timeline with it, in place of one of the same day."""
        if not self.recordings:
            return Timeline((recording,))
        others = self.without(recording.effective_on).recordings
        return Timeline(tuple(sorted((*others, recording), key=lambda one: one.effective_on)))

    def without(self, day: date) -> "Timeline":
        """The timeline without the recording of that day."""
        return Timeline(tuple(one for one in self.recordings if one.effective_on != day))


class StatusState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that is recorded in one cell. A confirmation lapses when anything in it changes."""

    version: int
    timeline: Timeline = Timeline()
    confirmed_on: date | None = None


NOTHING = StatusState(version=0)


@lru_cache(maxsize=CELLS)
def key_of(municipality: str, service: str) -> Key:
    """The key of the cell."""
    return Key("status", f"{municipality}/{service}")


def evolve(state: StatusState | None, recorded: Recorded) -> StatusState:
    """The state after the event."""
    before, data, version = state or NOTHING, recorded.data, recorded.version
    match data:
        case StatusRecorded():
            recording = Recording(
                effective_on=data.effective_on,
                state=data.state,
                position=recorded.position,
                recorded_at=recorded.time,
                recorded_on=data.recorded_on,
                actor=recorded.actor,
                delegate=data.delegate,
                note=recorded.note,
            )
            return StatusState(version=version, timeline=before.timeline.with_(recording))
        case StatusRetracted():
            return StatusState(version=version, timeline=before.timeline.without(data.effective_on))
        case StatusConfirmed():
            return msgspec.structs.replace(before, version=version, confirmed_on=data.confirmed_on)
    raise TypeError(type(data).__name__)


def recorded(
    municipality: Municipality,
    service: Service,
    timeline: Timeline,
    *,
    effective_on: date,
    state: Status,
    today: date,
    correction: bool,
    delegate: Delegate = UNSET,
) -> StatusRecorded:
    """The event that says: from that day on, this."""
    replaced = timeline.on(effective_on)
    return StatusRecorded(
        municipality=municipality.ref,
        service=service.ref,
        effective_on=effective_on,
        until=timeline.until(effective_on),
        state=state,
        replaced=replaced.state if replaced is not None else None,
        recorded_on=today,
        correction=correction or (replaced is not None and replaced.effective_on == effective_on),
        delegate=delegate,
    )


def retracted(
    municipality: Municipality,
    service: Service,
    timeline: Timeline,
    recording: Recording,
    today: date,
    delegate: Delegate = UNSET,
) -> StatusRetracted:
    """The event that says: that recording is void, what was before it holds on."""
    before = timeline.before(recording.effective_on)
    return StatusRetracted(
        municipality=municipality.ref,
        service=service.ref,
        effective_on=recording.effective_on,
        until=timeline.until(recording.effective_on),
        state=before.state if before is not None else None,
        replaced=recording.state,
        recorded_on=today,
        delegate=delegate,
    )


class Shown(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cell as its readers see it: what is in force, since when, on whose word."""

    municipality: MunicipalityRef
    service: ServiceRef
    version: int
    position: int
    effective_on: date | None
    until: date | None
    state: Status | None
    recorded_on: date | None
    recorded_at: datetime | None
    authority: str | None
    delegate: MunicipalityRef | None
    """Who recorded it in the municipality's stead, if it was not the municipality itself."""
    confirmed_on: date | None


def shown(
    municipality: MunicipalityRef, service: ServiceRef, state: StatusState, day: date, position: int = 0
) -> Shown:
    """The cell on that day. `position` is that of the last change; without one, that of what is in force."""
    recording = state.timeline.on(day)
    return Shown(
        municipality=municipality,
        service=service,
        version=state.version,
        position=position or (recording.position if recording is not None else 0),
        effective_on=recording.effective_on if recording is not None else None,
        until=state.timeline.until(day),
        state=recording.state if recording is not None else None,
        recorded_on=recording.recorded_on if recording is not None else None,
        recorded_at=recording.recorded_at if recording is not None else None,
        authority=recording.authority if recording is not None else None,
        delegate=(recording.delegate or None) if recording is not None else None,
        confirmed_on=state.confirmed_on,
    )
