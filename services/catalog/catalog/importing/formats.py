"""Which format a body has, and its rows. What it is goes before what it is said to be: clerks rename files."""

from collections.abc import Callable, Mapping
from typing import Literal

from catalog.importing import csv_text, json_rows, xlsx
from catalog.importing.tables import Table, UnreadableFile

Format = Literal["csv", "xlsx", "json", "ndjson"]
MEDIA_TYPES: Mapping[str, Format] = {
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/jsonlines": "ndjson",
}
_READERS: Mapping[Format, Callable[[bytes], Table]] = {
    "csv": csv_text.read,
    "xlsx": xlsx.read,
    "json": json_rows.read,
    "ndjson": json_rows.read_lines,
}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"


def read(body: bytes, told: Format | None = None) -> Table:
    """The rows of a body. Raises UnreadableFile."""
    if not body.strip():
        raise UnreadableFile("The file is empty.", "Die Datei ist leer.")
    if body.startswith(_OLD_EXCEL):
        raise UnreadableFile(
            "This is an old Excel file (XLS) or one with a password. Save it as XLSX without a password.",
            "Das ist eine alte Excel-Datei (XLS) oder eine mit Kennwort. Bitte ohne Kennwort als XLSX speichern.",
        )
    if body.startswith(_PDF):
        raise UnreadableFile(
            "This is a PDF. Send the sheet itself: XLSX, CSV or JSON.",
            "Das ist ein PDF. Bitte das Blatt selbst senden: XLSX, CSV oder JSON.",
        )
    return _READERS[format_of(body, told)](body)


def format_of(body: bytes, told: Format | None) -> Format:
    """By its first bytes, else as told."""
    if body.startswith(xlsx.MAGIC):
        return "xlsx"
    if told not in {None, "xlsx"}:
        return told
    if told == "xlsx":
        raise UnreadableFile(
            "This is no XLSX file. Save the sheet as XLSX, or send it as CSV or JSON.",
            "Das ist keine XLSX-Datei. Bitte das Blatt als XLSX speichern oder als CSV oder JSON senden.",
        )
    start = body[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return "json"
    if start.startswith(b"{"):
        first, _, rest = body.strip().partition(b"\n")
        return "ndjson" if first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{") else "json"
    return "csv"
