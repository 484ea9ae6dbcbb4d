"""A table of cells becomes rows with known columns. The header may stand below a title; what is unknown is reported."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import ClassVar, NamedTuple

from catalog.importing.cells import Cell, CellProblem, text
from catalog.importing.words import COLUMNS, HEADERS, Column, column, texts
from events.contracts.refusals import Refusal, RefusalKind

MOST_ROWS = 20_000
_MOST_LINES, _MOST_CELLS = 200_000, 1_000
_SEARCHED = 20
"""So many lines from the top the header is looked for."""
_NEEDED: tuple[Column, ...] = ("service", "phase")


class UnreadableFile(Refusal):
    """The file as a whole is not a sheet; the text says what it seems to be and what would be read."""

    slug: ClassVar[str] = "unreadable-file"
    kind: ClassVar[RefusalKind] = "invalid"


class TooManyRows(UnreadableFile):
    """More rows than one upload takes."""

    slug: ClassVar[str] = "too-many-rows"

    def __init__(self) -> None:
        super().__init__(
            f"The file has more than {MOST_ROWS} rows. Send it in parts.",
            f"Die Datei hat mehr als {MOST_ROWS} Zeilen. Bitte in Teilen senden.",
        )


class Row(NamedTuple):
    """`number` counts lines below the header, blank ones too, so that it can be found in the spreadsheet."""

    number: int
    cells: Mapping[str, Cell]


class Table(NamedTuple):
    """Rows with known columns; `unknown` are headers that mean nothing here."""

    columns: frozenset[str]
    unknown: tuple[str, ...]
    rows: Iterable[Row]


def table(grid: Iterable[Sequence[Cell]]) -> Table:
    """From lines of cells. Raises UnreadableFile where no header is found."""
    lines = map(_narrow, grid)
    first: Sequence[Cell] = ()
    for line in islice(lines, _SEARCHED):
        names = [_plain(cell) for cell in line]
        meant = [column(name) for name in names]
        if "service" in meant or len(set(meant) - {None}) >= 2:
            _check(meant)
            unknown = tuple(name for name, one in zip(names, meant, strict=True) if name and one is None)
            return Table(frozenset(filter(None, meant)), unknown, _rows(meant, lines))
        first = first or [name for name in names if name]
    raise _no_header(first)


def limited(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that are not blank, no more than are taken at once."""
    taken = 0
    for row in rows:
        if row.number > _MOST_LINES:
            raise TooManyRows
        if _is_blank(row.cells.values()):
            continue
        taken += 1
        if taken > MOST_ROWS:
            raise TooManyRows
        yield row


def _is_blank(line: Iterable[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and (not cell or cell.isspace())) for cell in line)


def _rows(meant: Sequence[Column | None], lines: Iterable[Sequence[Cell]]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        yield Row(number, {name: cell for name, cell in zip(meant, line, strict=False) if name is not None})


def _narrow(line: Sequence[Cell]) -> Sequence[Cell]:
    if len(line) > _MOST_CELLS:
        raise UnreadableFile(
            f"A line has {len(line)} columns; this is no sheet.",
            f"Eine Zeile hat {len(line)} Spalten; das ist kein Blatt.",
        )
    return line


def _plain(cell: Cell) -> str:
    try:
        return text(cell)
    except CellProblem:
        return ""


def _check(meant: Sequence[Column | None]) -> None:
    for name in _NEEDED:
        if name not in meant:
            raise UnreadableFile(
                f"The column {name!r} is missing. The header of a sheet is: {texts(COLUMNS)}.",
                f"Die Spalte „{HEADERS[name].de}“ ({name}) fehlt. Die Kopfzeile eines Blattes lautet: {texts(COLUMNS)}.",
                field=name,
            )
    for twice in sorted({name for name in meant if name is not None and meant.count(name) > 1}):
        raise UnreadableFile(
            f"The column {twice!r} occurs twice. Keep one of them.",
            f"Die Spalte {twice!r} kommt doppelt vor. Bitte nur eine davon behalten.",
            field=twice,
        )


def _no_header(first: Sequence[Cell]) -> UnreadableFile:
    seen = " | ".join(str(cell)[:30] for cell in first[:6])
    begins_en, begins_de = (f" It begins with: {seen}.", f" Sie beginnt mit: {seen}.") if seen else ("", "")
    return UnreadableFile(
        f"No header line was found.{begins_en} Its first line should be: {texts(COLUMNS)}. Download the sheet to start from.",
        f"Es wurde keine Kopfzeile gefunden.{begins_de} Die erste Zeile sollte lauten: {texts(COLUMNS)}. "
        "Am besten das Blatt herunterladen und darin arbeiten.",
    )
