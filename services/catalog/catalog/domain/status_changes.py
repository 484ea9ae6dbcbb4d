"""Recording, retracting and confirming statuses."""

from collections.abc import Iterable
from datetime import date

import msgspec
from msgspec import UNSET

from catalog.domain import delegation, responsibility, solution, status
from catalog.domain import municipality as municipalities
from catalog.domain import service as services
from catalog.domain.asking import raw
from catalog.domain.delegation import Delegate
from catalog.domain.entry import Entry, check, differences
from catalog.domain.municipality import Municipality
from catalog.domain.responsibility import NOBODY_SAID, Concerning
from catalog.domain.service import Service
from catalog.domain.solution import SolutionState
from catalog.domain.status import NOTHING, Recording, StatusState, Timeline, key_of
from catalog.domain.status_refusals import (
    NewerStatementStands,
    NothingRecorded,
    NotResponsible,
    SolutionDoesNotCover,
    UsesUnknownSolution,
    UsesWithdrawnSolution,
)
from events.contracts.catalog import StatusConfirmed, StatusRecorded
from events.deciding import Answer, Decision, Kept, Key, Outcome, Said, States


class Cell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that a decision about one service in one municipality looks at."""

    municipality: Municipality
    service: Service
    timeline: Timeline
    said: Concerning
    solution: SolutionState | None
    today: date
    delegate: Delegate = UNSET


def keys_for(municipality: str, entries: Iterable[Entry], delegate: str | None = None) -> list[Key]:
    """Whose state is needed to decide about these entries."""
    keys = {municipalities.key_of(municipality): None}
    if delegate is not None:
        keys |= dict.fromkeys(delegation.keys_for(municipality, delegate))
    for entry in entries:
        keys[services.key_of(entry.service)] = None
        keys[key_of(municipality, entry.service)] = None
        keys[responsibility.concerning(municipality, entry.service)] = None
        if entry.solution is not None:
            keys[solution.key_of(entry.solution)] = None
    return list(keys)


def cell_of(
    municipality: Municipality,
    entry: Entry,
    states: States,
    timeline: Timeline,
    today: date,
    delegate: Delegate = UNSET,
) -> Cell:
    """The cell an entry is about. Raises ServiceUnknown."""
    return Cell(
        municipality=municipality,
        service=services.known(states, entry.service),
        timeline=timeline,
        said=states.get(responsibility.concerning(municipality.id, entry.service)) or NOBODY_SAID,
        solution=states.get(solution.key_of(entry.solution)) if entry.solution is not None else None,
        today=today,
        delegate=delegate,
    )


def record(entry: Entry, cell: Cell) -> StatusRecorded | None:
    """What is to be said, or None if that is in force already. Raises the refusal a clerk gets to read."""
    check(entry, cell.service, cell.today)
    held = cell.timeline.on(entry.effective_on)
    if entry.adds_nothing_to(held):
        return None
    services.check_offered(cell.service)
    _respect_newer_statement(entry, held)
    _check_responsible(entry, cell)
    _check_solution(entry, cell)
    state, day = entry.status_after(held.state if held is not None else None), entry.effective_on
    if held is not None and held.state == state:
        day = held.effective_on  # only the note is new: said of what is in force, without making a development of it
    return status.recorded(
        cell.municipality,
        cell.service,
        cell.timeline,
        effective_on=day,
        state=state,
        today=cell.today,
        correction=entry.correction,
        delegate=cell.delegate,
    )


def _respect_newer_statement(entry: Entry, held: Recording | None) -> None:
    """An import fills gaps and follows developments; it never overrules what the municipality itself said later."""
    if held is None or entry.basis is None or entry.basis.kind == "self":
        return
    known_on = entry.basis.as_of or entry.effective_on
    newer_self = held.state.basis.kind == "self" and held.recorded_on >= known_on
    make_believe = entry.basis.kind == "demonstration" and held.state.basis.kind != "demonstration"
    if newer_self or make_believe:
        differing = differences(held.state, entry.status_after(held.state))
        raise NewerStatementStands(held, entry.basis.kind, differing)


def _check_responsible(entry: Entry, cell: Cell) -> None:
    if not responsibility.delivers(cell.municipality, cell.service, cell.said, entry.effective_on):
        who = responsibility.deliverer(cell.municipality, cell.service, cell.said, entry.effective_on)
        raise NotResponsible(cell.municipality, cell.service, who, entry.effective_on)


def _check_solution(entry: Entry, cell: Cell) -> None:
    if entry.solution is None:
        return
    if cell.solution is None:
        raise UsesUnknownSolution(entry.solution)
    facts = cell.solution.solution
    if cell.solution.withdrawn:
        raise UsesWithdrawnSolution(facts.name, facts.slug)
    covered = [service.key for service in facts.services]
    if cell.service.key not in covered:
        raise SolutionDoesNotCover(facts.name, cell.service, covered)


def reply(municipality: Municipality, service: Service, outcome: Outcome, today: date, kept: Kept) -> Answer:
    """The cell as it is now."""
    state: StatusState = kept.states.get(key_of(municipality.id, service.key)) or NOTHING
    position = kept.recorded[-1].position if kept.recorded else 0
    shown = status.shown(municipality.ref, service.ref, state, today, position)
    return Answer(outcome=outcome, version=shown.version, position=shown.position, body=raw(shown))


class RecordStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Record how far a service is."""

    municipality: str
    entry: Entry
    today: date
    delegate: str | None = None
    """The authority that records it in the municipality's stead."""

    def keys(self) -> Iterable[Key]:
        """The cell's, and those of everything it depends on."""
        return keys_for(self.municipality, [self.entry], self.delegate)

    def decide(self, states: States) -> Decision:
        """Recorded, or nothing new."""
        municipality = municipalities.existing(states, self.municipality)
        acting = delegation.acting(states, municipality, self.delegate)
        key = key_of(self.municipality, self.entry.service)
        state: StatusState = states.get(key) or NOTHING
        cell = cell_of(municipality, self.entry, states, state.timeline, self.today, acting)
        event = record(self.entry, cell)
        if event is None:
            return Decision([], lambda kept: reply(municipality, cell.service, "unchanged", self.today, kept))
        outcome: Outcome = "changed" if state.timeline.recordings else "created"
        return Decision(
            [Said(key, event, self.entry.kept_note)],
            lambda kept: reply(municipality, cell.service, outcome, self.today, kept),
        )


class RetractStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Void a recording: that of `effective_on`, or the one in force today."""

    municipality: str
    service: str
    today: date
    effective_on: date | None = None
    delegate: str | None = None

    def keys(self) -> Iterable[Key]:
        """The cell's, and those of both it names."""
        return [
            municipalities.key_of(self.municipality),
            services.key_of(self.service),
            key_of(self.municipality, self.service),
            *delegation.keys_for(self.municipality, self.delegate),
        ]

    def decide(self, states: States) -> Decision:
        """Retracted. Raises NothingRecorded."""
        municipality = municipalities.known(states, self.municipality)
        acting = delegation.acting(states, municipality, self.delegate)
        service = services.known(states, self.service)
        key = key_of(self.municipality, self.service)
        timeline = (states.get(key) or NOTHING).timeline
        day = self.effective_on
        recording: Recording | None = timeline.on(self.today) if day is None else timeline.exactly(day)
        if recording is None:
            days = [one.effective_on for one in timeline.recordings]
            raise NothingRecorded(municipality.name, service.ref.title, day, days)
        event = status.retracted(municipality, service, timeline, recording, self.today, acting)
        return Decision([Said(key, event)], lambda kept: reply(municipality, service, "removed", self.today, kept))


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """How many were confirmed, were confirmed today already, and have nothing to confirm."""

    confirmed: int
    unchanged: int
    not_recorded: tuple[str, ...]
    position: int


class ConfirmStatuses(msgspec.Struct, frozen=True, kw_only=True):
    """Checked: what is recorded of these services is still true."""

    municipality: str
    services: tuple[str, ...]
    today: date
    delegate: str | None = None

    def keys(self) -> Iterable[Key]:
        """The cells', and those of everything they name."""
        keys = [municipalities.key_of(self.municipality), *delegation.keys_for(self.municipality, self.delegate)]
        for service in dict.fromkeys(self.services):
            keys += [services.key_of(service), key_of(self.municipality, service)]
        return keys

    def decide(self, states: States) -> Decision:
        """Confirmed each that has something to confirm and was not confirmed today."""
        municipality = municipalities.existing(states, self.municipality)
        acting = delegation.acting(states, municipality, self.delegate)
        said: list[Said] = []
        unchanged, missing = 0, []
        for key in dict.fromkeys(self.services):
            service = services.known(states, key)
            state: StatusState = states.get(key_of(municipality.id, key)) or NOTHING
            held = state.timeline.on(self.today)
            if held is None:
                missing.append(key)
            elif state.confirmed_on == self.today:
                unchanged += 1
            else:
                confirmed = StatusConfirmed(
                    municipality=municipality.ref,
                    service=service.ref,
                    confirmed_on=self.today,
                    state=held.state,
                    effective_on=held.effective_on,
                    delegate=acting,
                )
                said.append(Said(key_of(municipality.id, key), confirmed))
        return Decision(said, lambda kept: _confirmed(len(said), unchanged, tuple(missing), kept))


def _confirmed(confirmed: int, unchanged: int, missing: tuple[str, ...], kept: Kept) -> Answer:
    body = Confirmed(confirmed=confirmed, unchanged=unchanged, not_recorded=missing, position=kept.position)
    outcome: Outcome = "changed" if confirmed else "unchanged"
    return Answer(outcome=outcome, version=0, position=kept.position, body=raw(body))
