"""XLSX as Excel and LibreOffice write it. Formulas count by their saved results.

A workbook is a ZIP of XML, so a small upload can hold a great deal: what is unpacked is bounded and looked through before
the reader gets it, and the reader gets only the parts that it needs.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from catalog.importing.cells import Cell, Spoilt
from catalog.importing.tables import Table, UnreadableFile, table

MAGIC = b"PK\x03\x04"
MOST_UNPACKED = 48 * 1024 * 1024
_MOST_ROWS, _MOST_COLUMNS = 25_000, 64
_NEEDED = re.compile(
    r"(?:\[Content_Types\]|_rels/\.rels|xl/(?:workbook|sharedStrings|styles|metadata|worksheets/[^/]+|_rels/[^/]+))"
    r"(?:\.xml|\.xml\.rels|\.rels)?"
)
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    OSError,
)
"""All that a damaged or encrypted ZIP may end in."""
Spoils = dict[tuple[int, int], Spoilt]


def read(body: bytes) -> Table:
    """The first visible sheet that has a header. Raises UnreadableFile."""
    small, spoilt = _slimmed(body)
    grids = _grids(small)
    refusal = UnreadableFile("The workbook has no visible sheet.", "Die Arbeitsmappe hat kein sichtbares Blatt.")
    for name, grid in grids.items():
        try:
            return table(_cells(grid, spoilt.get(name, {})))
        except UnreadableFile as problem:
            refusal = problem
    raise refusal


def _grids(body: bytes) -> dict[str, Sequence[Sequence[Cell]]]:
    """The visible sheets, by name."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        return {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (CalamineError, OSError, ValueError) as problem:
        raise _broken() from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # the reader is Rust; it gives up on some damage so
            raise
        raise _broken() from problem


def _cells(grid: Sequence[Sequence[Cell]], spoilt: Spoils) -> Iterator[Sequence[Cell]]:
    """The lines; the reader knows nothing of cells without a value, so they are put in."""
    width = max((column + 1 for _, column in spoilt), default=0)
    height = max((number + 1 for number, _ in spoilt), default=0)
    for number in range(max(len(grid), height)):
        line = grid[number] if number < len(grid) else ()
        if not spoilt:
            yield line
            continue
        whole = (*line, *[None] * (width - len(line)))
        yield [spoilt.get((number, column), cell) for column, cell in enumerate(whole)]


def _slimmed(body: bytes) -> tuple[bytes, Mapping[str, Spoils]]:
    """The workbook with only the parts that are read, unpacked, and which cells of which sheet have no value."""
    slim = io.BytesIO()
    parts: dict[str, bytes] = {}
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for entry in packed.infolist():
                if _NEEDED.fullmatch(entry.filename) and entry.filename not in parts:
                    parts[entry.filename] = _unpacked(packed, entry, left)
                    left -= len(parts[entry.filename])
    except _DAMAGED as problem:
        raise _broken() from problem
    if "xl/workbook.xml" not in parts:
        raise _no_workbook(body)
    with zipfile.ZipFile(slim, "w", zipfile.ZIP_STORED) as stored:
        for name, part in parts.items():
            stored.writestr(name, part)
    return slim.getvalue(), _spoilt_by_sheet(parts)


def _unpacked(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    with packed.open(entry) as part:
        content = part.read(limit + 1)
    if len(content) > limit:
        raise UnreadableFile(
            "Unpacked, the workbook is too large. Copy the rows into a new workbook, or send CSV.",
            "Entpackt ist die Arbeitsmappe zu groß. Bitte die Zeilen in eine neue Mappe kopieren oder als CSV senden.",
        )
    return content


def _spoilt_by_sheet(parts: Mapping[str, bytes]) -> dict[str, Spoils]:
    targets = {
        relation.get("Id"): relation.get("Target", "").removeprefix("/xl/")
        for name, relation in _elements(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))
        if name == "Relationship"
    }
    found = {}
    for name, sheet in _elements(parts["xl/workbook.xml"]):
        part = f"xl/{targets.get(sheet.get('r:id', ''))}"
        if name == "sheet" and part in parts:
            found[sheet.get("name", "")] = _Look().through(parts[part])
    return found


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(":")[2], attributes))
    _parse(parser, xml)
    return found


class _Look:
    """One pass over a sheet: how far it reaches, and which cells hold a formula without a result or an error."""

    def __init__(self) -> None:
        self._spoilt: Spoils = {}
        self._at = (0, 0)
        self._formula = self._value = self._error = self._inside = False

    def through(self, xml: bytes) -> Spoils:
        """Raises UnreadableFile if it reaches too far."""
        parser = _parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        _parse(parser, xml)
        return self._spoilt

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "c":
                self._at = _position(attributes.get("r", "A1"))
                self._formula = self._value = False
                self._error = attributes.get("t") == "e"
            case "f":
                self._formula = True
            case "v" | "is":
                self._inside = True
                if self._at[0] >= _MOST_ROWS or self._at[1] >= _MOST_COLUMNS:
                    raise _reaches_too_far(self._at)

    def _text(self, _: str) -> None:
        self._value = self._value or self._inside

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" | "is":
                self._inside = False
            case "c" if self._error:
                self._spoilt[self._at] = Spoilt.ERROR
            case "c" if self._formula and not self._value:
                self._spoilt[self._at] = Spoilt.UNCALCULATED


def _position(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise _broken()
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise _broken()


def _parse(parser: expat.XMLParserType, xml: bytes) -> None:
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as problem:
        raise _broken() from problem


def _reaches_too_far(at: tuple[int, int]) -> UnreadableFile:
    row, column = at[0] + 1, at[1] + 1
    return UnreadableFile(
        f"A cell in row {row}, column {column} holds a value; at most {_MOST_ROWS} rows and {_MOST_COLUMNS} columns are "
        "read. Delete what is far from the table, or copy the table into a new workbook.",
        f"In Zeile {row}, Spalte {column} steht ein Wert; gelesen werden höchstens {_MOST_ROWS} Zeilen und {_MOST_COLUMNS} "
        "Spalten. Bitte löschen, was abseits der Tabelle steht, oder die Tabelle in eine neue Mappe kopieren.",
    )


def _broken() -> UnreadableFile:
    return UnreadableFile(
        "The workbook is damaged. Open it in Excel or LibreOffice and save it anew as XLSX.",
        "Die Arbeitsmappe ist beschädigt. Bitte in Excel oder LibreOffice öffnen und neu als XLSX speichern.",
    )


def _no_workbook(body: bytes) -> UnreadableFile:
    what = "an ODS file" if b"opendocument.spreadsheet" in body[:200] else "a ZIP file, but no workbook"
    was = "eine ODS-Datei" if b"opendocument.spreadsheet" in body[:200] else "eine ZIP-Datei, aber keine Arbeitsmappe"
    return UnreadableFile(
        f"This is {what}. Save the sheet as XLSX or CSV.",
        f"Das ist {was}. Bitte das Blatt als XLSX oder CSV speichern.",
    )
