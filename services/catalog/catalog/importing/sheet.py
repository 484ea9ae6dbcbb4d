"""A sheet's rows become entries. Each row says how it is now and since when; a row without a phase says nothing.

A column that the sheet lacks is no statement: what is recorded there stays. An empty cell in a column that it has is one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from catalog.domain.sheet import ROWS_SHOWN, RowRefused
from catalog.domain.sheet import Row as Asked
from catalog.domain.status import Timeline
from catalog.domain.steps import ROWS_A_STEP, Steps, at_once
from catalog.importing.cells import CellProblem, text
from catalog.importing.notices import contradicts
from catalog.importing.row import Rows
from catalog.importing.tables import Row, Table, limited
from catalog.importing.words import COLUMNS

LONGEST_QUOTED = 200


class Sheet(NamedTuple):
    """What a file asks for. `notices` tell what a clerk may not have meant; nothing is refused for them.

    `written`, if that was asked for: by row what stands in its cells, of the first rows and of all that cannot be read.
    """

    rows: tuple[Asked, ...]
    refused: tuple[RowRefused, ...]
    notices: tuple[RowRefused, ...]
    skipped: int
    unknown_columns: tuple[str, ...]
    written: Mapping[int, Mapping[str, str]] = {}


def read(table: Table, recorded: Mapping[str, Timeline], today: date) -> Sheet:
    """`recorded` is what the catalogue holds, by service. Raises UnreadableFile."""
    return at_once(reading(table, recorded, today))


def reading(table: Table, recorded: Mapping[str, Timeline], today: date, *, quoting: bool = False) -> Steps[Sheet]:
    """The same step by step."""
    rows: list[Asked] = []
    written: dict[int, Mapping[str, str]] = {}
    reader = Rows(table.columns, today)
    skipped = 0
    for count, row in enumerate(limited(table.rows)):
        if count % ROWS_A_STEP == 0:
            yield
        problems = len(reader.problems)
        entry = reader.entry(row, recorded)
        if entry is not None:
            rows.append(Asked(row=row.number, entry=entry))
        elif len(reader.problems) == problems:
            skipped += 1
            continue
        if quoting and (entry is None or len(written) < ROWS_SHOWN) and len(written) < 2 * ROWS_SHOWN:
            written[row.number] = _quoted(row)
    yield
    rows, twice = _each_day_once(rows)
    refused = (*reader.problems, *twice)
    yield
    return Sheet(tuple(_history_as_such(rows)), refused, tuple(reader.notices), skipped, table.unknown, written)


def _quoted(row: Row) -> dict[str, str]:
    """As people see it in their spreadsheet, or nearly so: what no text can be made of is left out."""
    found: dict[str, str] = {}
    for column in COLUMNS:
        try:
            written = text(row.cells.get(column))
        except CellProblem:
            continue
        if written:
            found[column] = written.removesuffix(" 00:00:00")[:LONGEST_QUOTED]
    return found


def _each_day_once(rows: list[Asked]) -> tuple[list[Asked], list[RowRefused]]:
    """Of two rows that say different things of the same service and day nobody knows which is meant."""
    first: dict[tuple[str, date], Asked] = {}
    kept, refused = [], []
    for row in rows:
        earlier = first.setdefault((row.entry.service, row.entry.effective_on), row)
        if earlier.entry == row.entry:
            kept.append(row)
        else:
            twice = contradicts(earlier.row)
            refused.append(RowRefused(row=row.row, field="service", en=twice.en, de=twice.de))
    return kept, refused


def _history_as_such(rows: list[Asked]) -> Iterator[Asked]:
    """A service with several rows tells its history; then another day is another recording and not the edit of one."""
    times = Counter(row.entry.service for row in rows)
    for row in rows:
        if times[row.entry.service] == 1:
            yield row
        else:
            yield Asked(row=row.row, entry=msgspec.structs.replace(row.entry, instead_of=None))
