"""One comparison of a check, and how a round is printed."""

from collections.abc import Iterable
from typing import NamedTuple


class Line(NamedTuple):
    """`there` of `due`; what is `missing` or `doubled` must be nothing."""

    what: str
    due: int
    there: int
    missing: int
    doubled: int

    @property
    def right(self) -> bool:
        return not self.missing and not self.doubled


def table(lines: Iterable[Line]) -> str:
    """With a mark at each line that differs."""
    head = f"  {'':44}{'due':>9}{'there':>9}{'missing':>9}{'doubled':>9}"
    rows = [
        f"{' ' if line.right else '!'} {line.what:44}{line.due:>9,}{line.there:>9,}{line.missing:>9,}{line.doubled:>9,}"
        for line in lines
    ]
    return "\n".join([head, *rows])
