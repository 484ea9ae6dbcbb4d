"""The sheet as a file to fill in: CSV and XLSX. What is uploaded unchanged says what was downloaded.

In English the words are those of the API, for machines too; in German they are written as clerks read them. Keys carry their
scheme (`leika:…`), because a spreadsheet takes fourteen bare digits for a number and rounds it when it saves CSV.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

import xlsxwriter

from catalog.importing.cells import guarded, printable
from catalog.importing.words import COLUMNS, HEADERS, PHASES, REASONS, Column, Label, Language, Word
from catalog.reading.sheet import MunicipalitySheet, SheetRow
from catalog.reading.sheet_help import HELP, PHASE_HELP, REASON_HELP
from events.contracts.maturity import MODELS

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS: dict[Column, int] = {"title": 55, "service": 24, "online_url": 40, "note": 40, "solution": 22}
_NAMES = {"de": ("Leistungen", "Erläuterung"), "en": ("services", "help")}
_MOST_FORMATTED = 5000
Value = str | int | date | None


def csv_of(sheet: MunicipalitySheet, language: Language) -> bytes:
    """German as a German Excel opens it by double click: semicolons, 01.11.2026, a BOM. English plain, as programs like it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if language == "de" else ",", lineterminator="\r\n")
    writer.writerow(_header(language))
    for row in sheet.rows:
        writer.writerow([_as_text(value, language) for value in _values(row, language)])
    return text.getvalue().encode("utf-8-sig" if language == "de" else "utf-8")


def xlsx_of(sheet: MunicipalitySheet, language: Language) -> bytes:
    """With a frozen header, lists to choose from, and a second sheet that explains the columns."""
    body = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(body, options) as book:
        _write_rows(book, sheet, language)
        _write_help(book, language)
    return body.getvalue()


def _write_rows(book: xlsxwriter.Workbook, sheet: MunicipalitySheet, language: Language) -> None:
    page = book.add_worksheet(_NAMES[language][0])
    bold = book.add_format({"bold": True, "bg_color": "#E4E8EC", "bottom": 1})
    as_text = book.add_format({"num_format": "@"})
    as_day = book.add_format({"num_format": "dd.mm.yyyy" if language == "de" else "yyyy-mm-dd", "align": "left"})
    page.write_row(0, 0, _header(language), bold)
    page.freeze_panes(1, 2)
    for number, name in enumerate(COLUMNS):
        page.set_column(number, number, _WIDTHS.get(name, 16), as_day if name.endswith("_on") else as_text)
    for line, row in enumerate(sheet.rows, start=1):
        for number, value in enumerate(_values(row, language)):
            if isinstance(value, date):
                page.write_datetime(line, number, value, as_day)
            elif isinstance(value, int):
                page.write_number(line, number, value)
            elif value:
                page.write_string(line, number, value, as_text)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(COLUMNS) - 1)
    _offer_choices(page, len(sheet.rows) + 50, language)


def _offer_choices(page: xlsxwriter.worksheet.Worksheet, lines: int, language: Language) -> None:
    choices: dict[Column, list[str]] = {
        "phase": [_word(word, PHASES, language) for word in PHASES],
        "reason": [_word(word, REASONS, language) for word in REASONS],
        "maturity_model": list(MODELS),
    }
    for name, choice in choices.items():
        place = COLUMNS.index(name)
        page.data_validation(1, place, min(lines, _MOST_FORMATTED), place, {"validate": "list", "source": choice})


def _write_help(book: xlsxwriter.Workbook, language: Language) -> None:
    page = book.add_worksheet(_NAMES[language][1])
    bold, wrapped = (
        book.add_format({"bold": True, "valign": "top"}),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 110)
    lines = [
        *((_header_of(name, language), HELP[name].in_(language)) for name in COLUMNS),
        ("", ""),
        *((_word(word, PHASES, language), label.in_(language)) for word, label in PHASE_HELP.items()),
        ("", ""),
        *((_word(word, REASONS, language), label.in_(language)) for word, label in REASON_HELP.items()),
    ]
    for number, (name, text) in enumerate(lines):
        page.write_string(number, 0, name, bold)
        page.write_string(number, 1, text, wrapped)


def _values(row: SheetRow, language: Language) -> Sequence[Value]:
    cells: dict[Column, Value] = {
        "service": row.service,
        "title": row.title,
        "phase": _word(row.phase, PHASES, language) if row.phase else None,
        "maturity_model": row.maturity.model if row.maturity else None,
        "maturity_level": row.maturity.level if row.maturity else None,
        "effective_on": row.effective_on,
        "expected_live_on": row.expected_live_on,
        "online_url": row.online_url,
        "solution": row.solution,
        "reason": _word(row.reason, REASONS, language) if row.reason else None,
        "note": row.note,
    }
    values = (cells[name] for name in COLUMNS)
    return [printable(value) if isinstance(value, str) else value for value in values]


def _as_text(value: Value, language: Language) -> str:
    match value:
        case None:
            return ""
        case date():
            return f"{value:%d.%m.%Y}" if language == "de" else value.isoformat()
        case int():
            return str(value)
    return guarded(value)


def _header(language: Language) -> list[str]:
    return [_header_of(name, language) for name in COLUMNS]


def _header_of(name: Column, language: Language) -> str:
    return HEADERS[name].de if language == "de" else name


def _word(word: Word, labels: Mapping[Word, Label], language: Language) -> str:
    return labels[word].de if language == "de" else word
