"""A bar of parts that together make a whole."""

from collections.abc import Sequence
from typing import NamedTuple

from progress.domain.figures import Figure


class Piece(NamedTuple):
    """A part of a stacked bar: its class, the key of its words, how many, which share, and where it lies in percent."""

    kind: str
    words: str
    number: int
    share: float
    start: float
    width: float


def states(online: Figure, compliant: Figure) -> list[Piece]:
    """Compliant, online, recorded, not recorded: always in this order, together the denominator."""
    counts = (
        ("compliant", "b_compliant", compliant.numerator),
        ("online", "b_online", online.numerator - compliant.numerator),
        ("open", "b_open", online.recorded - online.numerator),
        ("empty", "b_empty", online.denominator - online.recorded),
    )
    return pieces(counts, online.denominator)


def pieces(counts: Sequence[tuple[str, str, int]], whole: int) -> list[Piece]:
    """From class, words and number of each part; nothing where there is no whole."""
    if whole <= 0:
        return []
    found, start = [], 0.0
    for kind, words, count in counts:
        number = max(count, 0)
        share = number / whole
        found.append(Piece(kind, words, number, share, round(100 * start, 2), round(100 * share, 2)))
        start += share
    return found
