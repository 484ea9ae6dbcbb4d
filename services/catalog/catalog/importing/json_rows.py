"""Rows as JSON: a list, `{"items": […]}` as the download has it, or one object a line (NDJSON).

A row has the sheet's columns, or the fields of a single status with `maturity` and `basis` as objects.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from catalog.importing.cells import Cell
from catalog.importing.tables import Row, Table, UnreadableFile
from catalog.importing.words import COLUMNS

NESTED = ("maturity", "basis")
FIELDS = frozenset((*COLUMNS, *NESTED, "correction"))
NO_OBJECT = "no object"
"""Marks a row that is none; it is refused by its number."""
_IGNORED = frozenset(
    ("municipality", "version", "position", "recorded_on", "recorded_at", "authority", "confirmed_on", "until")
)


def read(body: bytes) -> Table:
    """A JSON document. Raises UnreadableFile."""
    document = _decoded(body)
    if isinstance(document, dict):
        document = document.get("items", [document] if "service" in document else None)
    if not isinstance(document, list):
        raise UnreadableFile(
            'Expected a JSON list of rows, or {"items": [ … ]}; a row is {"service": "99115005060000", "phase": "live", …}.',
            'Erwartet wird eine JSON-Liste von Zeilen oder {"items": [ … ]}; eine Zeile ist '
            '{"service": "99115005060000", "phase": "live", …}.',
        )
    return _table(document)


def read_lines(body: bytes) -> Table:
    """One JSON object a line. A line that is none is refused as a row. Raises UnreadableFile."""
    return _table([_line(line) for line in body.removeprefix(b"\xef\xbb\xbf").splitlines()])


def _line(line: bytes) -> object:
    if not line.strip():
        return {}
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise UnreadableFile(
            f"This is no valid JSON: {problem}.",
            f"Das ist kein gültiges JSON ({problem}).",
        ) from problem


def _table(rows: list[Any]) -> Table:
    names: set[str] = set()
    for row in rows:
        if isinstance(row, dict):
            names.update(row)
    unknown = tuple(sorted(names - FIELDS - _IGNORED))
    return Table(FIELDS, unknown[:20], _numbered(rows))


def _numbered(rows: list[Any]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        yield Row(number, _cells(row))


def _cells(row: object) -> dict[str, Cell]:
    if not isinstance(row, dict):
        return {NO_OBJECT: True}
    return {name: row[name] for name in row if name in FIELDS}
