"""What the catalog says of a sheet that is only tried, put in rows as a clerk sees them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import msgspec

from events.contracts.parts import ServiceRef, Status
from progress.domain.names import PHASES, named
from progress.pages.asked import Asked

COLUMNS: Final = (
    *("service", "title", "phase", "maturity_model", "maturity_level", "effective_on", "expected_live_on"),
    *("online_url", "solution", "reason", "note"),
)
_NAMES: Final = {"maturity": "maturity_level", "maturity.level": "maturity_level", "maturity.model": "maturity_model"}
"""Fields that the interface has and the sheet has not."""


class Said(msgspec.Struct, frozen=True):
    """An error or a notice; row 1 is the first after the header."""

    row: int
    detail: str
    field: str | None = None


class Change(msgspec.Struct, frozen=True):
    """What a row would change."""

    row: int
    service: ServiceRef
    effective_on: date
    until: date | None
    before: Status | None
    after: Status | None
    moved_from: date | None = None
    correction: bool = False


class Quoted(msgspec.Struct, frozen=True):
    """What stands in a row's cells."""

    row: int
    written: dict[str, str]


class Tried(msgspec.Struct, frozen=True):
    """The catalog's answer, as far as the page shows it."""

    recorded: int
    unchanged: int
    refused: int
    skipped: int
    position: int
    errors: tuple[Said, ...] = ()
    notices: tuple[Said, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    rows: tuple[Quoted, ...] = ()


class Cell(NamedTuple):
    """A column of a row that is wrong, and what is wrong in it."""

    column: str
    written: str
    wrong: Sequence[str]


class WrongRow(NamedTuple):
    """`wrong`: what belongs to no column."""

    row: int
    title: str
    cells: Sequence[Cell]
    wrong: Sequence[str]


class Differing(NamedTuple):
    """One thing that changes: in the words of the page, from what to what."""

    label: str
    before: str
    after: str


class ChangedRow(NamedTuple):
    """`notices` tell what may have been meant otherwise."""

    change: Change
    differing: Sequence[Differing]
    notices: Sequence[str]


def wrong_rows(tried: Tried) -> list[WrongRow]:
    """Each with what stands in it, errors beside their cells."""
    written = {one.row: one.written for one in tried.rows}
    found: dict[int, list[Said]] = {}
    for error in tried.errors:
        found.setdefault(error.row, []).append(error)
    return [_wrong_row(row, written.get(row, {}), errors) for row, errors in sorted(found.items())]


def _wrong_row(row: int, written: Mapping[str, str], errors: Sequence[Said]) -> WrongRow:
    by_column: dict[str, list[str]] = {}
    for one in errors:
        field = _NAMES.get(one.field or "", one.field or "")
        by_column.setdefault(field if field in COLUMNS else "", []).append(one.detail)
    cells = [
        Cell(column, written.get(column, ""), by_column.get(column, []))
        for column in COLUMNS
        if column in by_column or (column in written and column != "title")
    ]
    return WrongRow(row, written.get("title", ""), cells, by_column.get("", []))


def changed_rows(by: Asked, tried: Tried) -> list[ChangedRow]:
    """In the order of the sheet."""
    notices: dict[int, list[str]] = {}
    for notice in tried.notices:
        notices.setdefault(notice.row, []).append(notice.detail)
    return [ChangedRow(one, list(_differing(by, one)), notices.pop(one.row, [])) for one in tried.changes]


def staying_rows(tried: Tried) -> list[Quoted]:
    """Those that say what is recorded already."""
    others = {one.row for one in tried.changes} | {one.row for one in tried.errors}
    return [one for one in tried.rows if one.row not in others]


def _differing(by: Asked, change: Change) -> Iterator[Differing]:
    """The stand first; then whatever else is said otherwise than before."""
    before, after, words = change.before, change.after, by.words
    if _stand(by, before) != _stand(by, after):
        yield Differing(words["state_now"], _stand(by, before), _stand(by, after))
    if change.moved_from is not None:
        yield Differing(words["column_effective_on"], _day(by, change.moved_from), _day(by, change.effective_on))
    for field in ("expected_live_on", "online_url", "solution", "reason"):
        was, will = _text(by, before, field), _text(by, after, field)
        if was != will:
            yield Differing(words[f"column_{field}"], was or words["empty_cell"], will or words["empty_cell"])


def _stand(by: Asked, status: Status | None) -> str:
    """*live, Reifegrad 3 (ozg-1.1)*; *nicht erfasst* where there is none."""
    if status is None:
        return by.words["t_empty"]
    phase = named(PHASES, status.phase)[by.language]
    if status.maturity is None:
        return phase
    return f"{phase}, {by.words['maturity']} {status.maturity.level} ({status.maturity.model})"


def _text(by: Asked, status: Status | None, field: str) -> str:
    value = None if status is None else getattr(status, field)
    if value is None:
        return ""
    if isinstance(value, date):
        return _day(by, value)
    return by.words.get(f"reason_{value}", value) if field == "reason" else str(value)


def _day(by: Asked, day: date) -> str:
    return by.formats.short(day).striptags()
