"""Lines over time. Each chart is drawn twice, for wide and for narrow columns, so that its letters keep their size."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from progress.projections.trends import TrendPoint

_STEPS: Final = (0.5, 1, 2, 5, 10, 20, 25)
_MOST_STEPS: Final = 5
_GAP: Final = 19.0
"""So far apart are the labels at the lines' ends, or one could not read them."""
_LONGEST: Final = 14
_FOOT: Final = 30.0
_HEAD: Final = 14.0


class Series(NamedTuple):
    """A line: its class, what it is called, and a share for each day; None where there was nothing to share."""

    kind: str
    name: str
    values: Sequence[float | None]

    @property
    def label(self) -> str:
        """The name as far as there is room beside the line's end."""
        name = self.name.partition(",")[0]
        return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"


class Line(NamedTuple):
    """A line as it is drawn: its path, its last point, and at which height its label stands."""

    series: Series
    path: str
    x: float
    y: float
    label: float
    last: float


class Plot(NamedTuple):
    """A chart in one size."""

    width: int
    height: int
    left: float
    right: float
    lines: Sequence[Line]
    marks: Sequence[tuple[float, float]]
    """Percent, height."""
    days: Sequence[tuple[float, date]]


class Chart(NamedTuple):
    """The same lines in both sizes, and their numbers."""

    wide: Plot
    narrow: Plot
    days: Sequence[date]
    series: Sequence[Series]


def of_points(points: Sequence[TrendPoint], names: tuple[str, str, str]) -> list[Series]:
    """Online, compliant, recorded."""
    recorded = [
        None if point.online.denominator <= 0 else point.online.recorded / point.online.denominator for point in points
    ]
    return [
        Series("main", names[0], [point.online.share for point in points]),
        Series("deep", names[1], [point.compliant.share for point in points]),
        Series("peer", names[2], recorded),
    ]


def chart(days: Sequence[date], series: Sequence[Series], height: int = 330) -> Chart | None:
    """None where there never was anything."""
    drawn = [one for one in series if any(one.values)]
    if not drawn or len(days) < 2:
        return None
    return Chart(
        wide=plot(days, drawn, width=528, height=height, left=44, right=158, every=6),
        narrow=plot(days, drawn, width=328, height=230, left=46, right=62, every=12),
        days=days,
        series=drawn,
    )


def scale(most: float) -> list[float]:
    """The marks of an axis in percent, from 0 to the first one at or above the largest share, at most six."""
    percent = min(100 * most, 100)
    step = next(size for size in _STEPS if percent <= _MOST_STEPS * size or size == _STEPS[-1])
    count = max(1, -int(-percent // step))
    return [step * number for number in range(count + 1)]


def spaced(heights: Sequence[float], gap: float, lowest: float) -> list[float]:
    """The heights moved so that no two are closer than the gap, in their order, none below the lowest if that can be."""
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    found = list(heights)
    for before, number in pairwise(order):
        found[number] = max(found[number], found[before] + gap)
    limit = lowest
    for number in reversed(order):
        found[number] = min(found[number], limit)
        limit = found[number] - gap
    return found


def plot(
    days: Sequence[date], series: Sequence[Series], *, width: int, height: int, left: float, right: float, every: int
) -> Plot:
    """In one size; `every` so many days are named below."""
    marks = scale(max(value for one in series for value in one.values if value is not None))
    across, down = width - left - right, height - _FOOT - _HEAD

    def x(number: int) -> float:
        return round(left + across * number / (len(days) - 1), 1)

    def y(share: float) -> float:
        return round(_HEAD + down * (1 - 100 * share / marks[-1]), 1)

    ends = [_end(one.values) for one in series]
    labels = spaced([y(value) for _, value in ends], _GAP, _HEAD + down)
    lines = [
        Line(one, _path(one.values, x, y), x(number), y(value), round(label, 1), value)
        for one, (number, value), label in zip(series, ends, labels, strict=True)
    ]
    named = range(len(days) - 1, -1, -every)
    return Plot(
        width,
        height,
        left,
        width - right,
        lines,
        [(mark, y(mark / 100)) for mark in marks],
        [(x(number), days[number]) for number in reversed(named)],
    )


def _end(values: Sequence[float | None]) -> tuple[int, float]:
    return next((number, value) for number, value in reversed(list(enumerate(values))) if value is not None)


def _path(values: Sequence[float | None], x: Callable[[int], float], y: Callable[[float], float]) -> str:
    """Broken where there was nothing to share."""
    parts, pen = [], "M"
    for number, value in enumerate(values):
        if value is None:
            pen = "M"
        else:
            parts.append(f"{pen}{x(number):g} {y(value):g}")
            pen = "L"
    return "".join(parts)
