"""One row of a sheet becomes an entry; every problem in it is found, not only the first."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from catalog.domain.entry import Entry, says_the_same
from catalog.domain.sheet import RowRefused
from catalog.domain.status import Recording, Timeline
from catalog.importing import cells, notices, words
from catalog.importing.cells import Cell, CellProblem
from catalog.importing.json_rows import NO_OBJECT
from catalog.importing.tables import Row
from events.contracts.maturity import MODELS
from events.contracts.parts import SELF, Basis, Maturity, Status
from events.contracts.words import Phase, Reason

T = TypeVar("T")
_SAY_SOMETHING = (
    "maturity_level",
    "maturity",
    "effective_on",
    "expected_live_on",
    "online_url",
    "solution",
    "reason",
    "note",
)
_REPEATING = ("phase", "maturity_model", "maturity_level", "effective_on", "expected_live_on", "solution", "reason")
_UNREAD: Final = object()
_NOTHING = Status(phase="not_started")
_NEVER = Timeline()


class Rows:
    """Reads the rows of one sheet; in each, every problem is found, not only the first.

    Words, levels and days repeat from row to row, so what a text in such a column says is found once.
    """

    def __init__(self, columns: frozenset[str], today: date) -> None:
        self.problems: list[RowRefused] = []
        self.notices: list[RowRefused] = []
        self._columns = columns
        self._is_json = "basis" in columns
        self._today = today
        self._said: dict[str, dict[str, Any]] = {column: {} for column in _REPEATING}
        self._number = 0
        self._cells: Mapping[str, Cell] = {}

    def entry(self, row: Row, recorded: Mapping[str, Timeline]) -> Entry | None:
        """The entry, or None if the row says nothing or is refused."""
        self._number, self._cells = row
        problems = len(self.problems)
        entry = self._entry(problems, recorded)
        return entry if len(self.problems) == problems else None

    def _entry(self, problems: int, recorded: Mapping[str, Timeline]) -> Entry | None:
        if NO_OBJECT in self._cells:
            self._refuse(None, CellProblem("This row is no JSON object.", "Diese Zeile ist kein JSON-Objekt."))
            return None
        service = self._read("service", cells.key)
        timeline = recorded.get(service, _NEVER) if service is not None else _NEVER
        standing = timeline.on(self._today) if timeline.recordings else None
        phase = self._read("phase", _phase)
        if phase is None:
            if len(self.problems) == problems:
                self._without_phase(service, standing)
            return None
        if service is None and self._is_empty("service"):
            self._refuse("service", CellProblem("The key of the service is missing.", "Der Leistungsschlüssel fehlt."))
        before = standing.state if standing is not None else _NOTHING
        maturity = self._maturity(before.maturity)
        expected = self._unless_absent("expected_live_on", cells.day, before.expected_live_on)
        url = self._unless_absent("online_url", cells.text, before.online_url)
        solution = self._unless_absent("solution", cells.text, before.solution)
        stays = before.reason if phase == before.phase else None
        reason: Reason | None = self._unless_absent("reason", _reason, stays)
        basis = self._basis()
        note = self._note(standing)
        day = self._read("effective_on", self._day)
        if day is None and (standing is None or self._is_json) and self._is_empty("effective_on"):
            self._refuse("effective_on", notices.SINCE_WHEN)
        entry = Entry(
            service=service or "",
            phase=phase,
            effective_on=day or self._today,
            maturity=maturity,
            expected_live_on=expected,
            online_url=url,
            solution=solution,
            reason=reason,
            basis=basis,
            correction=self._cells.get("correction") is True,
            note=note,
        )
        return entry if standing is None or self._is_json else self._dated(entry, day, standing, timeline)

    def _dated(self, entry: Entry, day: date | None, standing: Recording, timeline: Timeline) -> Entry:
        """Where something is in force, the day tells a development from a correction and from a day that was edited."""
        same = says_the_same(entry.status_after(standing.state), standing.state)
        if day is None:
            if not same and self._is_empty("effective_on"):
                self._refuse("effective_on", notices.SINCE_WHEN)
            day = standing.effective_on
        elif day == standing.effective_on and not same and _developed(entry, standing.state):
            self._notice("effective_on", notices.corrects(standing))
        elif day < standing.effective_on and not same:
            self._notice("effective_on", notices.of_the_past(standing))
        moved = same and day != standing.effective_on and _is_free(day, standing, timeline)
        if not moved and day == entry.effective_on:
            return entry
        return msgspec.structs.replace(entry, effective_on=day, instead_of=standing.effective_on if moved else None)

    def _day(self, cell: Cell) -> date:
        if isinstance(cell, str) and cell.strip().casefold() in words.TODAY_WORDS:
            return self._today
        return cells.day(cell)

    def _without_phase(self, service: str | None, standing: Recording | None) -> None:
        """Blank, as most rows of a fresh sheet are; but not if other cells say something that would be lost."""
        if not self._is_empty("phase"):
            return
        if standing is not None:
            self._notice("phase", notices.EMPTIED)
        elif any(not self._is_empty(name) for name in _SAY_SOMETHING):
            what = service or "?"
            self._refuse(
                "phase",
                CellProblem(
                    f"The phase of {what} is missing. One of: {words.listed(words.PHASES, 'en')}.",
                    f"Die Phase von {what} fehlt. Möglich sind: {words.listed(words.PHASES, 'de')}.",
                ),
            )

    def _maturity(self, before: Maturity | None) -> Maturity | None:
        nested = self._cells.get("maturity")
        if nested is not None:
            return self._read("maturity", lambda cell: _converted(cell, Maturity))
        model = self._read("maturity_model", _model)
        level = self._read("maturity_level", cells.level)
        if "maturity_level" not in self._columns:
            return before
        if level is None and model is not None and self._is_empty("maturity_level"):
            self._refuse("maturity_level", notices.LEVEL_MISSING)
        if model is None and level is not None and self._is_empty("maturity_model"):
            self._refuse("maturity_model", notices.MODEL_MISSING)
        if model is None or level is None:
            return None
        same = before is not None and (before.model, before.level) == (model, level)
        return before if same else Maturity(model=model, level=level)

    def _basis(self) -> Basis | None:
        if not self._is_json:
            return None
        return self._read("basis", lambda cell: _converted(cell, Basis)) or SELF

    def _note(self, standing: Recording | None) -> str | None:
        """A note that came back as it went out is no statement; spreadsheets change the space in it."""
        note = self._read("note", cells.text)
        if note is None or standing is None or standing.note is None:
            return note
        return None if cells.bare(note) == cells.bare(standing.note) else note

    def _unless_absent(self, column: str, reader: Callable[[Cell], T], before: T | None) -> T | None:
        return self._read(column, reader) if column in self._columns else before

    def _read(self, column: str, reader: Callable[[Cell], T]) -> T | None:
        cell = self._cells.get(column)
        if cell is None:
            return None
        if not isinstance(cell, str) or column not in self._said:
            said = self._reading(column, reader)
        elif (said := self._said[column].get(cell, _UNREAD)) is _UNREAD:
            said = self._said[column][cell] = self._reading(column, reader)
        if isinstance(said, CellProblem):
            self._refuse(column, said)
            return None
        return said  # type: ignore[no-any-return]  # what this very reader found, this time or before

    def _reading(self, column: str, reader: Callable[[Cell], object]) -> Any:
        """What the cell says, or what is wrong with it."""
        try:
            return None if self._is_empty(column) else reader(self._cells[column])
        except CellProblem as problem:
            return problem

    def _is_empty(self, column: str) -> bool:
        cell = self._cells.get(column)
        return cell is None or (isinstance(cell, str) and not cell.strip())

    def _refuse(self, column: str | None, problem: CellProblem) -> None:
        self.problems.append(RowRefused(row=self._number, field=column, en=problem.en, de=problem.de))

    def _notice(self, column: str, told: CellProblem) -> None:
        self.notices.append(RowRefused(row=self._number, field=column, en=told.en, de=told.de))


def _is_free(day: date, standing: Recording, timeline: Timeline) -> bool:
    """Whether the recording can be moved to that day without passing another."""
    before = timeline.before(standing.effective_on)
    return before is None or before.effective_on < day


def _developed(entry: Entry, before: Status) -> bool:
    return entry.phase != before.phase or entry.maturity != before.maturity


def _phase(cell: Cell) -> Phase:
    written = cells.text(cell)
    phase = words.phase(written)
    if phase is None:
        raise CellProblem(
            f"{written[:60]!r} is no phase. One of: {words.listed(words.PHASES, 'en')}.",
            f"{written[:60]!r} ist keine Phase. Möglich sind: {words.listed(words.PHASES, 'de')}.",
        )
    return phase


def _reason(cell: Cell) -> Reason:
    written = cells.text(cell)
    reason = words.reason(written)
    if reason is None:
        raise CellProblem(
            f"{written[:60]!r} is no reason. One of: {words.listed(words.REASONS, 'en')}. Other remarks belong into the note.",
            f"{written[:60]!r} ist kein Grund. Möglich sind: {words.listed(words.REASONS, 'de')}. Anderes gehört in die Bemerkung.",
        )
    return reason


def _model(cell: Cell) -> str:
    """`ozg-1.1`, `OZG 1.1` or `1.1`; another word is left for the catalogue to refuse, which knows the models."""
    written = cells.text(cell)
    meant = words.fold(written).removeprefix("ozg")
    return next((model for model in MODELS if words.fold(model).removeprefix("ozg") == meant), written)


def _converted(cell: Cell, kind: type[T]) -> T:
    try:
        return msgspec.convert(cell, kind)
    except msgspec.ValidationError as problem:
        raise CellProblem(f"{problem}.", f"Ungültiger Wert ({problem}).") from problem
