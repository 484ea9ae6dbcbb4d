"""Many statuses of one municipality at once: a sheet is one command, so it is all there or not at all when asked so."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar, Literal

import msgspec

from catalog.domain import delegation
from catalog.domain import municipality as municipalities
from catalog.domain.asking import raw
from catalog.domain.delegation import Delegate
from catalog.domain.entry import Entry
from catalog.domain.municipality import Municipality
from catalog.domain.status import NOTHING, Recording, Timeline, key_of, retracted
from catalog.domain.status_changes import cell_of, keys_for, record
from catalog.domain.steps import ROWS_A_STEP, Steps, at_once
from events.contracts.catalog import StatusRecorded, StatusRetracted
from events.contracts.parts import ServiceRef, Status
from events.contracts.refusals import Refusal, RefusalKind
from events.deciding import Answer, Decision, Kept, Key, Outcome, Said, States

Mode = Literal["all", "valid"]
ERRORS_SHOWN = 1000
"""A sheet with more errors than this has one error: it is the wrong sheet."""
ROWS_SHOWN = 1000
"""So many rows a dry run shows."""


class RowRefused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is wrong with one row; row 1 is the first after the header."""

    row: int
    field: str | None
    en: str
    de: str


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """The same in the reader's language."""

    row: int
    field: str | None
    detail: str


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry and where it stands in the sheet."""

    row: int
    entry: Entry


class SheetRefused(Refusal):
    """Something in it is wrong and all or nothing was asked for: nothing was recorded."""

    slug: ClassVar[str] = "sheet-refused"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, rows: Sequence[RowRefused], of: int) -> None:
        self.rows = rows[:ERRORS_SHOWN]
        self.refused = bad = len({row.row for row in rows})
        super().__init__(
            f"{bad} of {of} rows are refused, so nothing was recorded. Correct them, or send mode=valid to record the others.",
            f"{bad} von {of} Zeilen sind fehlerhaft, darum wurde nichts erfasst. Bitte korrigieren, oder mit mode=valid die "
            "übrigen erfassen.",
        )


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a row would change: from `effective_on` until `until`, `before` no longer holds and `after` does.

    `moved_from`: only the day was edited, and this is the day it had.
    """

    row: int
    service: ServiceRef
    effective_on: date
    until: date | None
    before: Status | None
    after: Status | None
    moved_from: date | None = None
    correction: bool = False


class Outcomes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the rows. In a dry run what would, and the first changes."""

    recorded: int
    unchanged: int
    refused: int
    errors: tuple[RowError, ...]
    dry_run: bool
    position: int
    changes: tuple[Change, ...] = ()


class RecordStatuses(msgspec.Struct, frozen=True, kw_only=True):
    """Record a sheet. `unreadable` are rows that could not even be read; they count as refused.

    A service may stand in it twice: the later row sees what the earlier did.
    """

    municipality: str
    rows: tuple[Row, ...]
    today: date
    unreadable: tuple[RowRefused, ...] = ()
    mode: Mode = "all"
    dry_run: bool = False
    language: Literal["en", "de"] = "en"
    delegate: str | None = None

    def keys(self) -> Iterable[Key]:
        """Those of all rows."""
        return keys_for(self.municipality, (row.entry for row in self.rows), self.delegate)

    def depends_on(self) -> tuple[str, ...]:
        """How the streams begin whose events may change what is decided about this sheet."""
        own = (f"status/{self.municipality}/", f"delegation/{self.municipality}/")
        return ("municipality/", "service/", "responsibility/", "solution/", *own)

    def decide(self, states: States) -> Decision:
        """What the rows say that is new. Raises SheetRefused, or what concerns the municipality as such."""
        return at_once(self.deciding(states))

    def deciding(self, states: States) -> Steps[Decision]:
        """The same step by step."""
        municipality = municipalities.existing(states, self.municipality)
        acting = delegation.acting(states, municipality, self.delegate)
        said: list[Said] = []
        changes: list[Change] = []
        recorded = unchanged = 0
        refused: list[RowRefused] = list(self.unreadable)
        times = Counter(row.entry.service for row in self.rows)
        timelines: dict[str, Timeline] = {}
        for count, row in enumerate(self.rows):
            if count % ROWS_A_STEP == 0:
                yield
            seen = timelines if times[row.entry.service] > 1 else None
            try:
                news = self._take(row.entry, municipality, states, seen, acting)
            except Refusal as no:
                refused.append(RowRefused(row=row.row, field=no.field, en=no.en, de=no.de))
            else:
                said += news
                recorded, unchanged = recorded + bool(news), unchanged + (not news)
                if news and self.dry_run and len(changes) < ROWS_SHOWN:
                    changes.append(_change(row.row, news))
        refused.sort(key=lambda one: one.row)
        bad = len({one.row for one in refused})
        if bad and self.mode == "all" and not self.dry_run:
            rows = {one.row for one in self.unreadable} | {row.row for row in self.rows}
            raise SheetRefused(refused, len(rows))
        errors = tuple(self._error(one) for one in refused[:ERRORS_SHOWN])

        def reply(kept: Kept) -> Answer:
            body = Outcomes(
                recorded=recorded,
                unchanged=unchanged,
                refused=bad,
                errors=errors,
                dry_run=self.dry_run,
                position=kept.position,
                changes=tuple(changes),
            )
            outcome: Outcome = "mixed" if recorded and not self.dry_run else "unchanged"
            return Answer(outcome=outcome, version=0, position=kept.position, body=raw(body))

        return Decision([] if self.dry_run else said, reply)

    def _take(
        self,
        entry: Entry,
        municipality: Municipality,
        states: States,
        timelines: dict[str, Timeline] | None,
        acting: Delegate,
    ) -> list[Said]:
        """`timelines` are those that earlier rows left, where several rows tell of the service."""
        key = key_of(municipality.id, entry.service)
        timeline = timelines.get(entry.service) if timelines else None
        if timeline is None:
            timeline = (states.get(key) or NOTHING).timeline
        cell = cell_of(municipality, entry, states, timeline, self.today, acting)
        moved = timeline.exactly(entry.instead_of) if entry.instead_of not in {None, entry.effective_on} else None
        said: list[Said] = []
        if moved is not None:
            said.append(Said(key, retracted(municipality, cell.service, timeline, moved, self.today, acting)))
            cell = msgspec.structs.replace(cell, timeline=timeline.without(moved.effective_on))
            entry = msgspec.structs.replace(entry, correction=True, note=entry.kept_note or moved.note)
        event = record(entry, cell)
        if event is not None:
            said.append(Said(key, event, entry.kept_note))
        if timelines is not None:
            timelines[entry.service] = _after(event, entry, cell.timeline, self.today)
        return said

    def _error(self, one: RowRefused) -> RowError:
        return RowError(row=one.row, field=one.field, detail=one.de if self.language == "de" else one.en)


def _change(row: int, news: Sequence[Said]) -> Change:
    """Of a day that was edited, the one before is taken back first."""
    event, moved = news[-1].data, news[0].data if len(news) > 1 else None
    assert isinstance(event, StatusRecorded | StatusRetracted)
    assert moved is None or isinstance(moved, StatusRetracted)
    return Change(
        row=row,
        service=event.service,
        effective_on=event.effective_on,
        until=event.until,
        before=event.replaced if moved is None else moved.replaced,
        after=event.state,
        moved_from=moved.effective_on if moved is not None else None,
        correction=isinstance(event, StatusRecorded) and event.correction,
    )


def _after(event: StatusRecorded | None, entry: Entry, timeline: Timeline, today: date) -> Timeline:
    if event is None:
        return timeline
    return timeline.with_(
        Recording(effective_on=event.effective_on, state=event.state, recorded_on=today, note=entry.kept_note)
    )
