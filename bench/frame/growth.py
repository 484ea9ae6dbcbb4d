"""One point of how a measure grows with size."""

from typing import NamedTuple


class Point(NamedTuple):
    """`size` things of what `of` names, and the figures there; `measure` names the curve, `ours` and `floor` are medians."""

    measure: str
    size: int
    ours: float
    floor: float | None = None
    unit: str = "events/s"
    of: str = "events"
