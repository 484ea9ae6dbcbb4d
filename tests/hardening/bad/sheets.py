"""Files that are no sheets, and sheets that say what cannot be."""

import io
import os
import zipfile
from collections.abc import Sequence
from typing import Any, Final

import openpyxl

from tests.hardening.bad.case import CSV, JSON, SHEET, XLSX, Bad, sent

HEADER: Final = "service,phase,effective_on\n"
ROW: Final = "{service},live,2024-10-31\n"


def workbook(*rows: Sequence[Any]) -> bytes:
    """As a spreadsheet program would save it, but for the results of formulas, which only such a program knows."""
    book = openpyxl.Workbook()
    for row in (("service", "phase", "effective_on"), *rows):
        book.worksheets[0].append(list(row))
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def bomb() -> bytes:
    """A kilobyte or so that would unpack to a gigabyte."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        with zipfile.ZipFile(io.BytesIO(workbook())) as good:
            for name in good.namelist():
                if "sheet1" not in name:
                    book.writestr(name, good.read(name))
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(1024):
                sheet.write(b"<row/>" * 174_762)
    return packed.getvalue()


def laughs() -> bytes:
    """XML whose entities would grow without end."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">{lines}]><worksheet><sheetData><row><c><v>&l11;</v></c></row></sheetData></worksheet>'
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as good, zipfile.ZipFile(packed, "w") as book:
        for name in good.namelist():
            book.writestr(name, text if "sheet1" in name else good.read(name))
    return packed.getvalue()


def locked() -> bytes:
    """How Excel saves with a password: another container altogether."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)


def _file(
    name: str,
    body: Any,
    status: int,
    *words: str,
    kind: str = CSV,
    rows: tuple[str, ...] = (),
    field: str | None = None,
) -> Bad:
    return sent(name, "POST", SHEET, body, status, *words, content_type=kind, rows=rows, field=field)


def _row(name: str, row: str, *words: str, header: str = HEADER) -> Bad:
    return _file(name, f"{header}{row}\n".encode(), 422, "row", rows=words)


FILES: Final[list[Bad]] = [
    _file("an empty file", b"", 422, "empty"),
    _file("a letter", b"Sehr geehrte Damen und Herren,\nanbei", 422, "header", "service"),
    _file("no column for the phase", b"service,note\n99115005060000,gut\n", 422, "'phase' is missing", field="phase"),
    _file("a NUL", HEADER.encode() + b"99115005060000,li\x00ve,2024-10-31\n", 422, "no text file", "CSV UTF-8"),
    _file("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, 422, "CSV"),
    _file("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", 422, "CSV"),
    _file("an old workbook", locked(), 422, "XLSX", kind="application/vnd.ms-excel"),
    _file("random bytes for a workbook", b"\xff\xfe\x00\x80" * 5000, 422, "CSV", kind=XLSX),
    _file("half a workbook", workbook(("99115005060000", "live", "2024-10-31"))[:900], 422, "damaged", kind=XLSX),
    _file("a ZIP of something else", lambda: _zipped("letter.txt"), 422, "XLSX", kind=XLSX),
    _file("a ZIP bomb", bomb, 422, "too large", kind=XLSX),
    _file("a billion laughs", laughs, 422, kind=XLSX),
    _file(
        "a workbook without results",
        lambda: workbook(("99115005060000", '=IF(TRUE,"live","")', "2024-10-31")),
        422,
        "row",
        kind=XLSX,
        rows=("formula",),
    ),
    _file("twelve megabytes", lambda: b"x" * 12_000_000, 413, "10 MiB", "parts"),
    _file("twelve megabytes of noise", lambda: os.urandom(12_000_000), 413, "10 MiB", kind="application/octet-stream"),
    _file("a line without end", b"service,phase\n" + b"x" * 3_000_000, 422, kind=CSV),
    _file("a quote without end", b'service,phase,effective_on\n"99115005060000,live,2024-10-31\n' * 3, 422),
    _file(
        "too many rows",
        (HEADER + ROW.replace("{service}", "99115005060000") * 20_001).encode,
        422,
        "20000",
        "parts",
    ),
    _file("half a JSON", b'[{"service": "9', 422, "JSON", kind=JSON),
    _file("a JSON number", b"5", 422, "list", kind=JSON),
    _file("a list of anything", b"[1, null, []]", 422, "row", kind=JSON, rows=("object",)),
    _file(
        "half a line of NDJSON",
        b'{"service": "99115005060000"}\n{"ser',
        422,
        "rows",
        kind="application/x-ndjson",
        rows=("JSON",),
    ),
    _file("a form without a boundary", b"x", 400, kind="multipart/form-data"),
    _file(
        "a form without a file",
        b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ntext\r\n--b--\r\n',
        422,
        "file",
        kind="multipart/form-data; boundary=b",
    ),
]
ROWS: Final[list[Bad]] = [
    _row("key as a number in a sheet", "9.91E+13,live,2024-10-31", "Format the column as text"),
    _row("unknown service in a sheet", "99999999999999,live,2024-10-31", "/services?q="),
    _row("name for a service in a sheet", "Wohnsitz anmelden,live,2024-10-31", "14 digits"),
    _row("OZG-ID in a sheet", "10120,live,2024-10-31", "OZG-ID"),
    _row("unknown phase in a sheet", "{service},erledigt,2024-10-31", "live"),
    _row("no such day in a sheet", "{service},live,31.02.2026", "01.11.2026"),
    _row("day to come in a sheet", "{service},live,2999-01-01", "expected_live_on"),
    _row("no day in a sheet", "{service},live,", "Give the day, such as 2026-11-01"),
    _row(
        "level in words in a sheet",
        "{service},live,2024-10-31,ozg-1.1,hoch",
        "0",
        header="service,phase,effective_on,maturity_model,maturity_level\n",
    ),
    _row(
        "unknown model in a sheet",
        "{service},live,2024-10-31,ozg-7,1",
        "ozg-1.1",
        header="service,phase,effective_on,maturity_model,maturity_level\n",
    ),
    _row(
        "unknown solution in a sheet",
        "{service},live,2024-10-31,nirgends",
        "nirgends",
        header="service,phase,effective_on,solution\n",
    ),
    _row(
        "script for an address in a sheet",
        "{service},live,2024-10-31,javascript:x",
        "http",
        header="service,phase,effective_on,online_url\n",
    ),
    _row(
        "two rows that contradict each other",
        "{service},live,2024-10-31\n{service},planned,2024-10-31",
        "Keep one of the two",
    ),
    sent("strange mode", "POST", f"{SHEET}?mode=manche", b"x", 400, "all", "valid", field="mode", content_type=CSV),
    sent(
        "perhaps a dry run",
        "POST",
        f"{SHEET}?dry_run=vielleicht",
        b"x",
        400,
        "true or false",
        field="dry_run",
        content_type=CSV,
    ),
    sent(
        "sheet in a strange format",
        "POST",
        f"{SHEET}?format=ods",
        b"x",
        400,
        "csv",
        "xlsx",
        field="format",
        content_type=CSV,
    ),
    sent(
        "sheet for nowhere",
        "POST",
        SHEET.replace("{municipality}", "999999999999"),
        b"x",
        404,
        "/municipalities?q=",
        field="municipality",
        content_type=CSV,
    ),
]


def _zipped(name: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        packed.writestr(name, "text")
    return body.getvalue()
