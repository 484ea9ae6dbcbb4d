"""One comparison of a check, and how a round is printed."""

from collections.abc import Iterable
from typing import NamedTuple


class Line(NamedTuple):
    """`there` of `due`; what is `missing` or `doubled` must be nothing. `note` says which, as far as that helps."""

    what: str
    due: int
    there: int
    missing: int = 0
    doubled: int = 0
    note: str = ""

    @property
    def right(self) -> bool:
        return not self.missing and not self.doubled


def table(lines: Iterable[Line]) -> str:
    """With a mark at each line that differs, and the note below it."""
    rows = [f"  {'':44}{'due':>9}{'there':>9}{'missing':>9}{'doubled':>9}"]
    for line in lines:
        mark = " " if line.right else "!"
        rows.append(f"{mark} {line.what:44}{line.due:>9,}{line.there:>9,}{line.missing:>9,}{line.doubled:>9,}")
        if line.note:
            rows.append(f"{mark}   {line.note}")
    return "\n".join(rows)


def some(words: Iterable[str], most: int = 5) -> str:
    """The first few, in one line."""
    every = sorted(words)
    return ", ".join([*every[:most], *(["…"] if len(every) > most else [])])
