"""CSV as spreadsheets write it: comma, semicolon or tab, UTF-8 with or without BOM, UTF-16 or Windows-1252."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from catalog.importing.tables import Table, UnreadableFile, table
from catalog.importing.words import column

_DELIMITERS = ";,\t|"
_CONTROLS = bytes(code for code in range(0x20) if chr(code) not in "\t\r\n\f")
_CONTROL = re.compile(f"[{re.escape(_CONTROLS.decode())}]")
_LONGEST_LINE = 100_000


def read(body: bytes) -> Table:
    """Raises UnreadableFile."""
    written = decoded(body)
    if written[:4].casefold() == "sep=":
        written = written.partition("\n")[2]
    return table(_lines(written))


def decoded(body: bytes) -> str:
    """The text; what is no valid UTF-8 is read as Windows-1252, as Excel writes on a German computer."""
    wide = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for attempt in ("utf-16" if wide else "utf-8-sig", "cp1252"):
        try:
            written = body.decode(attempt)
        except UnicodeDecodeError:
            continue
        if _is_text(written if wide else body):
            return written
    raise UnreadableFile(
        "This is no text file. Send CSV (in Excel: Save As, CSV UTF-8), XLSX or JSON.",
        "Das ist keine Textdatei. Bitte CSV senden (in Excel: Speichern unter, CSV UTF-8), XLSX oder JSON.",
    )


def _is_text(written: str | bytes) -> bool:
    if isinstance(written, str):
        return _CONTROL.search(written) is None
    return len(written.translate(None, _CONTROLS)) == len(
        written
    )  # the same bytes in UTF-8 and Windows-1252, and quick


def _lines(written: str) -> Iterator[list[str]]:
    if "\n" not in written:
        written = written.replace("\r", "\n")
    reader = csv.reader(_short_lines(written), delimiter=_delimiter(written), strict=True)
    try:
        yield from reader
    except csv.Error as problem:
        raise UnreadableFile(
            f"Line {reader.line_num} is no CSV: {problem}. Often a quotation mark is opened and not closed; within a quoted "
            "text it is written twice.",
            f"Zeile {reader.line_num} ist kein CSV ({problem}). Meist ist ein Anführungszeichen nicht geschlossen; innerhalb "
            "eines Textes wird es doppelt geschrieben.",
        ) from problem


def _short_lines(written: str) -> Iterator[str]:
    """A line of a sheet is short; one of ten million delimiters would be as many cells."""
    for line in io.StringIO(written, newline=""):
        if len(line) > _LONGEST_LINE:
            raise UnreadableFile(
                f"A line has {len(line)} characters; this is no CSV.",
                f"Eine Zeile hat {len(line)} Zeichen; das ist kein CSV.",
            )
        yield line


def _delimiter(written: str) -> str:
    """That which cuts some early line into the most known columns."""

    def known(delimiter: str) -> int:
        lines = written[:20_000].splitlines()[:20]
        return max(
            (sum(column(part.strip('" ')) is not None for part in line.split(delimiter)) for line in lines), default=0
        )

    return max(_DELIMITERS, key=known)
