"""What one cell says: a key, a day, a level, a word. Spreadsheets spoil keys and dates in known ways, and these are met."""

import re
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from events.contracts.keys import MalformedKey, service_key


class Spoilt(Enum):
    """What a spreadsheet shows instead of a value."""

    UNCALCULATED = "a formula whose result was never saved with the file"
    ERROR = "the error of a formula"


Cell: TypeAlias = object
"""Text, a number, a truth value, a day, nothing, or something Spoilt; from JSON also what does not belong in a cell."""

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,2}", re.IGNORECASE)
_URN = "urn:de:fim:leika:leistung:"
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][0-9:.+Z-]*)?")
_GERMAN = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4}|\d{2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?")
_SERIAL = re.compile(r"\d{5}(?:[.,]0+)?")
_EXCEL_EPOCH = date(1899, 12, 30)
_USUAL_LENGTH = 40
_LEAST_KEY, _KEY_DIGITS, _OZG_DIGITS = 6, 14, 5
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")


class CellProblem(ValueError):
    """What is wrong in a cell and what would be right, in both languages."""

    def __init__(self, en: str, de: str) -> None:
        super().__init__(en)
        self.en = en
        self.de = de


def text(cell: Cell) -> str:
    """The cell as written; "" if there is nothing. Raises CellProblem for what no value can be read from."""
    match cell:
        case None:
            return ""
        case str():
            return unguarded(_clean(cell))
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ")
        case bool() | int() | float() | date():
            return str(cell)
        case Spoilt():
            raise _spoilt(cell)
    raise CellProblem("Expected a text or a number.", "Erwartet wird ein Text oder eine Zahl.")


def _clean(written: str) -> str:
    """Without what cannot be kept: a NUL is no text, and neither is half a character."""
    if "\0" in written or any("\ud800" <= character <= "\udfff" for character in written):
        raise CellProblem(
            "The cell holds characters that are no text. Type the text again.",
            "Die Zelle enthält Zeichen, die kein Text sind. Bitte den Text neu eintippen.",
        )
    return written.replace("\N{NO-BREAK SPACE}", " ").strip()


def _spoilt(cell: Spoilt) -> CellProblem:
    if cell is Spoilt.ERROR:
        return CellProblem(
            "The formula in this cell ends in an error. Replace it by the value that is meant.",
            "Die Formel in dieser Zelle ergibt einen Fehler. Bitte durch den gemeinten Wert ersetzen.",
        )
    return CellProblem(
        "The cell holds a formula without a saved result. Open the file in Excel or LibreOffice, save it and try again, or "
        "replace the formula by its value.",
        "In der Zelle steht eine Formel ohne gespeichertes Ergebnis. Bitte die Datei in Excel oder LibreOffice öffnen und "
        "speichern, oder die Formel durch ihren Wert ersetzen.",
    )


def printable(written: str) -> str:
    """Without what neither a spreadsheet nor XML can hold."""
    return _UNPRINTABLE.sub("", written)


def bare(written: str) -> str:
    """The text without what a spreadsheet may change in it: control characters and the kind of white space."""
    return " ".join(printable(written).split())


def guarded(written: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{written}" if written.startswith(_GUARDED) else written


def unguarded(written: str) -> str:
    """The text again, when the spreadsheet kept the guard."""
    return written[1:] if written.startswith("'") and written[1:].startswith(_GUARDED) else written


def key(cell: Cell) -> str:
    """The full key of a service, from `99115005060000`, a number, `basis:postausgang` or the FIM address of a service."""
    if type(cell) is str and len(cell) <= _USUAL_LENGTH:
        return _usual_key(cell)
    return _key(text(cell))


@lru_cache(20_000)
def _usual_key(written: str) -> str:
    """The same keys stand in every sheet."""
    return _key(text(written))


def _key(written: str) -> str:
    written = written.lstrip("'")
    if _SCIENTIFIC.fullmatch(written):
        raise CellProblem(
            f"{written} is a key that the spreadsheet rounded; its last digits are lost. Format the column as text (in "
            "Excel: Format Cells, Number, Text), enter the 14 digits again, or download a fresh sheet.",
            f"{written} ist ein Schlüssel, den die Tabelle gerundet hat; seine letzten Ziffern sind verloren. Bitte die "
            "Spalte als Text formatieren (in Excel: Zellen formatieren, Zahlen, Text) und die 14 Ziffern neu eintragen, "
            "oder das Blatt neu herunterladen.",
        )
    digits = re.sub(r"[\s.]", "", written.removeprefix(_URN))
    if digits.isascii() and digits.isdigit():
        return _key_of_digits(digits, written)
    try:
        return service_key(written)
    except MalformedKey:
        raise _no_key(written) from None


def _key_of_digits(digits: str, written: str) -> str:
    """A number has lost its leading zeros, never its last digits: what is too short is filled on the left."""
    if len(digits) == _OZG_DIGITS:
        raise CellProblem(
            f"{written} is the OZG-ID of a bundle. A status belongs to a single service, with its key of 14 digits.",
            f"{written} ist eine OZG-ID. Ein Stand gehört zu einer einzelnen Leistung mit ihrem Schlüssel aus 14 Ziffern.",
        )
    if not _LEAST_KEY <= len(digits) <= _KEY_DIGITS:
        raise _no_key(written)
    return service_key(digits.rjust(_KEY_DIGITS, "0"))


def _no_key(written: str) -> CellProblem:
    return CellProblem(
        f"{_short(written)} is no service key. Expected: 14 digits such as 99115005060000, or basis:postausgang.",
        f"{_short(written)} ist kein Leistungsschlüssel. Erwartet werden 14 Ziffern wie 99115005060000 oder basis:postausgang.",
    )


def day(cell: Cell) -> date:
    """A calendar day from `2026-11-01`, `01.11.2026`, a date cell or the number that Excel keeps for it."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = text(cell)
    try:
        if match := _ISO.fullmatch(written):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _GERMAN.fullmatch(written):
            year = int(match[3]) if len(match[3]) == len("2026") else 2000 + int(match[3])
            return date(year, int(match[2]), int(match[1]))
        if _SERIAL.fullmatch(written):
            return _EXCEL_EPOCH + timedelta(days=int(written[:5]))
    except ValueError:
        pass
    raise CellProblem(
        f"{_short(written)} is no day. Expected: 2026-11-01 or 01.11.2026.",
        f"{_short(written)} ist kein Datum. Erwartet wird 01.11.2026 oder 2026-11-01.",
    )


def level(cell: Cell) -> int:
    """A maturity level from 3, `3` or `Stufe 3`."""
    written = text(cell)
    number = re.sub(r"^(?:stufe|level|reifegrad)\s*", "", written.casefold())
    if not re.fullmatch(r"\d{1,2}(?:[.,]0+)?", number):
        raise CellProblem(
            f"{_short(written)} is no maturity level. Expected: a whole number, in ozg-1.1 from 0 to 4.",
            f"{_short(written)} ist kein Reifegrad. Erwartet wird eine ganze Zahl, in ozg-1.1 von 0 bis 4.",
        )
    return int(re.split("[.,]", number)[0])


def _short(written: str) -> str:
    return repr(written if len(written) <= 60 else f"{written[:57]}…")
