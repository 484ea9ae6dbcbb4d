"""Files as clerks send them, and files that are none."""

import io
import os
import time
import zipfile
from contextlib import suppress
from datetime import date
from typing import Any

import openpyxl
import pytest

from catalog.importing import formats, xlsx
from catalog.importing.cells import Spoilt
from catalog.importing.tables import MOST_ROWS, Table, TooManyRows, UnreadableFile, limited

_HEADER = "service;phase;effective_on;note"
_ROW = "99115005060000;live;01.11.2026;Größe"


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [dict(row.cells) for row in limited(table.rows)]


def workbook(*lines: list[Any], title: str = "Leistungen") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for line in lines:
        sheet.append(line)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_csv_is_read_in_every_encoding_with_every_delimiter(encoding: str, delimiter: str, newline: str) -> None:
    written = f"{_HEADER}\n{_ROW}\n".replace(";", delimiter).replace("\n", newline)
    (row,) = rows_of(formats.read(written.encode(encoding)))
    assert row == {"service": "99115005060000", "phase": "live", "effective_on": "01.11.2026", "note": "Größe"}


@pytest.mark.parametrize(
    "header",
    [
        "Leistung;Phase;Gilt ab;Bemerkung",
        "LEISTUNGSSCHLÜSSEL;Umsetzungsstand;gueltig_ab;Notiz",
        "Leistungsschluessel;Status;Seit;Hinweis",
        " service ; Phase ; effective on ; Note ",
        "sep=;\nservice;phase;effective_on;note",
        "Sheet of Leipzig;;;\n;;;\nservice;phase;effective_on;note",
    ],
)
def test_headers_are_german_or_english_and_may_stand_below_a_title(header: str) -> None:
    table = formats.read(f"{header}\n{_ROW}\n".encode())
    assert rows_of(table)[0]["service"] == "99115005060000"
    assert table.columns == {"service", "phase", "effective_on", "note"}


def test_blank_lines_are_skipped_but_counted_so_that_the_row_is_found() -> None:
    table = formats.read(f"{_HEADER}\n;;;\n\n{_ROW}\n".encode())
    assert [row.number for row in limited(table.rows)] == [3]


def test_a_quoted_cell_may_hold_lines_and_delimiters() -> None:
    (row,) = rows_of(formats.read(f'{_HEADER}\n99115005060000;live;2026-11-01;"two\nlines; and ""more"""\n'.encode()))
    assert row["note"] == 'two\nlines; and "more"'


def test_unknown_columns_are_reported_and_do_not_matter() -> None:
    table = formats.read(f"{_HEADER};Ansprechpartner\n{_ROW};x\n".encode())
    assert table.unknown == ("Ansprechpartner",)
    assert rows_of(table)[0]["phase"] == "live"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"phase;note\nlive;x\n", "'service' is missing"),
        (b"service;note\n1;x\n", "'phase' is missing"),
        (b"service;phase;Status\n1;live;live\n", "occurs twice"),
        (b"Name;Stadt\nA;B\n", "No header line was found"),
        (b'service;phase\n"99115005060000;live\n', "quotation mark"),
        (b"\x00\x01\x02 garbage \xff\xfe", "no text file"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS"),
        (b"PK\x03\x04 but no more", "damaged"),
        (b'{"service": ', "no valid JSON"),
        (b"[1, 2", "no valid JSON"),
        (b'{"hello": "world"}', "Expected a JSON list"),
        (b"[" * 100_000, "no valid JSON"),
        (b'["\xff"]', "no valid JSON"),
    ],
)
def test_what_is_no_sheet_is_told_in_one_sentence(body: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        list(formats.read(body).rows)
    assert told in refusal.value.en
    assert refusal.value.de


def test_garbage_is_refused_quickly_whatever_it_is() -> None:
    begin = time.monotonic()
    for body in (
        os.urandom(10_000_000),
        b"a" * 10_000_000,
        b";" * 10_000_000,
        b'"' * 10_000_001,
        b"service;phase\n" + b";\n" * 4_000_000,
        b"\n" * 10_000_000,
    ):
        with pytest.raises(UnreadableFile):
            rows_of(formats.read(body))
    assert time.monotonic() - begin < 20


def test_more_rows_than_are_taken_are_refused() -> None:
    body = (_HEADER + "\n" + (_ROW + "\n") * (MOST_ROWS + 1)).encode()
    with pytest.raises(TooManyRows):
        rows_of(formats.read(body))


def test_json_is_a_list_or_items_or_one_object_a_line() -> None:
    row = '{"service": "99115005060000", "phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}}'
    for body in (f"[{row}]", f'{{"items": [{row}], "next": null}}', row, f"{row}\n\n{row.replace('live', 'pilot')}\n"):
        first, *_ = rows_of(formats.read(body.encode()))
        assert first["maturity"] == {"model": "ozg-1.1", "level": 3}


def test_xlsx_gives_texts_numbers_and_days_as_they_are() -> None:
    body = workbook(["Leistung", "Phase", "Gilt ab"], [99115005060000, "Live", date(2026, 11, 1)], [None, None, None])
    assert rows_of(formats.read(body)) == [
        {"service": 99115005060000.0, "phase": "Live", "effective_on": date(2026, 11, 1)}
    ]


def test_xlsx_is_known_by_its_first_bytes_whatever_it_is_called() -> None:
    body = workbook(["service", "phase"], ["99115005060000", "live"])
    assert rows_of(formats.read(body, "csv"))
    with pytest.raises(UnreadableFile, match="no XLSX"):
        formats.read(b"service;phase\n", "xlsx")


def test_the_sheet_with_the_header_is_found_among_others() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["How to fill this in"])
    second = book.create_sheet("Leistungen")
    second.append(["service", "phase"])
    second.append(["99115005060000", "live"])
    hidden = book.create_sheet("hidden", 0)
    hidden.append(["service", "phase"])
    hidden.sheet_state = "hidden"
    assert len(rows_of(formats.read(saved(book)))) == 1


def test_a_formula_counts_by_its_saved_result_and_one_without_is_told() -> None:
    body = workbook(["service", "phase", "note"], ["99115005060000", '="li"&"ve"', "=1/0"])
    (row,) = rows_of(formats.read(body))
    assert row["phase"] is Spoilt.UNCALCULATED
    with_result = _with_part(body, "xl/worksheets/sheet1.xml", b"<v />", b"<v>live</v>")
    with_result = _with_part(with_result, "xl/worksheets/sheet1.xml", b'<c r="B2">', b'<c r="B2" t="str">')
    (row,) = rows_of(formats.read(with_result))
    assert row["phase"] == "live"


def test_a_cell_far_away_is_told_instead_of_filling_the_memory() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "service"
    book.active["XFD1048576"] = "here"
    with pytest.raises(UnreadableFile, match="row 1048576, column 16384"):
        formats.read(saved(book))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (xlsx.MOST_UNPACKED + 1))
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(UnreadableFile, match="too large"):
        formats.read(bomb.getvalue())


def test_entities_that_multiply_are_refused() -> None:
    body = workbook(["service", "phase"])
    lol = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    with pytest.raises(UnreadableFile, match="damaged"):
        formats.read(_with_part(body, "xl/worksheets/sheet1.xml", b"<worksheet", lol + b"<worksheet"))


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"]
)
def test_a_damaged_part_is_told_and_nothing_else_happens(part: str) -> None:
    body = workbook(["service", "phase"], ["99115005060000", "live"])
    for damage in (b"", b"<", b"<a/>", b"\x00" * 100):
        with suppress(UnreadableFile):
            rows_of(formats.read(_replaced(body, part, damage)))


def test_another_zip_is_called_what_it_is() -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(UnreadableFile, match="ODS"):
        formats.read(other.getvalue())


def _with_part(body: bytes, part: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        content = packed.read(part)
    assert old in content
    return _replaced(body, part, content.replace(old, new))


def _replaced(body: bytes, part: str, content: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as packed, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in packed.infolist():
            copy.writestr(entry.filename, content if entry.filename == part else packed.read(entry))
    return changed.getvalue()
