"""Answers as tables: CSV and XLSX. Figures one per row, with all that belongs to them; lists one item per row."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import xlsxwriter

from edge.language import Language
from progress.domain.figures import Figure
from progress.projections.moment import Answer

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Value = str | int | float | bool | date | None
Table = tuple[list[str], list[list[Value]]]

_FIGURE_COLUMNS: Final = [
    "section",
    "key",
    "title",
    "figure",
    "as_of",
    *Figure.__struct_fields__,
    "known_at",
    "position",
]
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


def table_of(answer: Answer, language: Language) -> Table:
    """The answer's items if it is a list of things, else its figures."""
    items = getattr(answer, "items", None)
    if items is not None:
        return _items(answer, msgspec.to_builtins(items), language)
    return _FIGURE_COLUMNS, list(_figures(answer, answer, (), "", "", answer.as_of, language))


def list_of(items: Sequence[msgspec.Struct], language: Language) -> Table:
    """A page of a list."""
    return _flat_table([_flat(one, language) for one in msgspec.to_builtins(items)])


def csv_of(table: Table, language: Language) -> bytes:
    """German as a German Excel opens it by double click: semicolons, decimal commas, a BOM. English plain."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if language == "de" else ",", lineterminator="\r\n")
    header, lines = table
    writer.writerow(header)
    for line in lines:
        writer.writerow([_as_text(value, language) for value in line])
    return text.getvalue().encode("utf-8-sig" if language == "de" else "utf-8")


def xlsx_of(table: Table) -> bytes:
    """With a frozen header."""
    body = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    header, lines = table
    with xlsxwriter.Workbook(body, options) as book:
        page = book.add_worksheet("figures")
        page.write_row(0, 0, header, book.add_format({"bold": True, "bg_color": "#E4E8EC", "bottom": 1}))
        page.freeze_panes(1, 0)
        as_day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        for number, line in enumerate(lines, start=1):
            for column, value in enumerate(line):
                if isinstance(value, date):
                    page.write_datetime(number, column, value, as_day)
                elif isinstance(value, bool) or value is None:
                    page.write_string(number, column, "" if value is None else str(value).lower())
                elif isinstance(value, int | float):
                    page.write_number(number, column, value)
                else:
                    page.write_string(number, column, value)
        page.autofit()
    return body.getvalue()


def _figures(
    answer: Answer, value: Any, path: tuple[str, ...], key: str, title: str, as_of: date, language: Language
) -> Iterator[list[Value]]:
    if isinstance(value, Figure):
        section, name = (path[0], ".".join(path[1:])) if key and len(path) > 1 else ("", ".".join(path))
        facts: list[Value] = [getattr(value, field) for field in Figure.__struct_fields__]
        yield [section, key, title, name, as_of, *facts, answer.known_at, answer.position]
    elif isinstance(value, list):
        for one in value:
            titles = getattr(one, "title", "")
            called = titles.get(language) or titles.get("de", "") if isinstance(titles, Mapping) else str(titles)
            day = getattr(one, "as_of", as_of)
            named = str(getattr(one, "key", None) or (day if day != as_of or path == ("trend",) else ""))
            yield from _figures(answer, one, path, named, called, day, language)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _figures(answer, getattr(value, field), (*path, field), key, title, as_of, language)


def _items(answer: Answer, items: list[dict[str, Any]], language: Language) -> Table:
    common: dict[str, Value] = {"as_of": answer.as_of, "known_at": answer.known_at, "position": answer.position}
    return _flat_table([_flat(one, language) | common for one in items])


def _flat_table(lines: list[dict[str, Value]]) -> Table:
    header = list(dict.fromkeys(name for line in lines for name in line))
    return header, [[line.get(name) for name in header] for line in lines]


def _flat(value: Mapping[str, Any], language: Language, prefix: str = "") -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, one in value.items():
        if isinstance(one, Mapping) and set(one) <= {"de", "en"} and one:
            found[prefix + name] = one.get(language) or next(iter(one.values()))
        elif isinstance(one, Mapping):
            found |= _flat(one, language, f"{prefix}{name}.")
        elif isinstance(one, list):
            found[prefix + name] = "; ".join(_short(part) for part in one)
        else:
            found[prefix + name] = one
    return found


def _short(part: Any) -> str:
    if isinstance(part, Mapping):
        inner = part.get("municipality", part)
        return str(inner.get("key") or inner.get("name") or inner.get("id") or "")
    return str(part)


def _as_text(value: Value, language: Language) -> str:
    if isinstance(value, float):
        return str(value).replace(".", ",") if language == "de" else str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_DANGEROUS) else text
