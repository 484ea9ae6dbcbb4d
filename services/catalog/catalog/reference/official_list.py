"""The official list of German authorities as published: GV100AD, fixed width, one record a line (Destatis).

Only cuts lines; what becomes of the records is decided in `authorities`.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

LAND, DISTRICT, ASSOCIATION, COMMUNE = "10", "40", "50", "60"
_LENGTHS = {LAND: 2, DISTRICT: 5, ASSOCIATION: 9, COMMUNE: 12}


class Entry(NamedTuple):
    """One line. `key` has as many digits as the record's level: 2, 5, 9 or 12 of the twelve-digit regional key."""

    record: str
    key: str
    name: str
    type_code: str
    inhabitants: int | None
    postcode: str | None

    @property
    def ars(self) -> str:
        """The twelve-digit regional key, filled with zeros above the commune."""
        return self.key.ljust(12, "0")


class MalformedList(ValueError):
    """The file is not what it is taken for; the message names the line."""


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The Länder, districts, associations and communes of the file. Raises MalformedList."""
    for number, line in enumerate(lines, start=1):
        if line[:2] in _LENGTHS:
            try:
                yield _entry(line)
            except ValueError as problem:
                raise MalformedList(f"line {number}: {problem}") from problem


def _entry(line: str) -> Entry:
    record, ags, association = line[:2], line[10:18], line[18:22]
    whole = ags[:5] + association + ags[5:] if record == COMMUNE else ags[:5] + association
    key = whole.replace(" ", "")
    if len(key) != _LENGTHS[record] or not key.isdigit():
        raise ValueError(f"{whole!r} is no key of record type {record}")
    inhabitants = line[139:150].strip()
    return Entry(
        record=record,
        key=key,
        name=" ".join(line[22:72].split()),
        type_code=line[122:124].strip(),
        inhabitants=int(inhabitants) if inhabitants else None,
        postcode=line[165:170].strip() or None,
    )
