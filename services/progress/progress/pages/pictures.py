"""What the pictures in the pages need: the parts of a bar, the points of a line, the tile of a cell."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from progress.domain.figures import Figure
from progress.projections.cells import Cell
from progress.projections.trends import TrendPoint


class Piece(NamedTuple):
    """A part of a stacked bar: its class, the key of its words, how many, and where it lies in percent."""

    kind: str
    words: str
    number: int
    start: float
    width: float


class Tile(NamedTuple):
    """One cell in a town's picture: its class, the sign on it, and the key of its words."""

    kind: str
    sign: str
    words: str
    cell: Cell


WIDTH: Final = 528
HEIGHT: Final = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 64, 12, 30
_PHASES: Final = {
    "in_preparation": ("work", "◐", "t_work"),
    "in_implementation": ("work", "◐", "t_work"),
    "pilot": ("work", "◐", "t_work"),
    "planned": ("planned", "○", "t_planned"),
    "not_applicable": ("excluded", "×", "t_excluded"),
}
LEGEND: Final = (
    ("compliant", "3", "t_compliant"),
    ("online", "2", "t_online"),
    ("live", "1", "t_live"),
    ("unassessed", "?", "t_unassessed"),
    ("work", "◐", "t_work"),
    ("planned", "○", "t_planned"),
    ("not", "–", "t_not"),
    ("empty", "", "t_empty"),
    ("excluded", "×", "t_excluded"),
)


def bar(online: Figure, compliant: Figure) -> list[Piece]:
    """Compliant, online, recorded, not recorded: always in this order, together the denominator."""
    whole = online.denominator
    if whole <= 0:
        return []
    counts = [
        ("compliant", "b_compliant", compliant.numerator),
        ("online", "b_online", online.numerator - compliant.numerator),
        ("open", "b_open", online.recorded - online.numerator),
        ("empty", "b_empty", whole - online.recorded),
    ]
    pieces, start = [], 0.0
    for kind, key, count in counts:
        width = 100 * max(count, 0) / whole
        pieces.append(Piece(kind, key, max(count, 0), round(start, 2), round(width, 2)))
        start += width
    return pieces


class Line(NamedTuple):
    """A line of a chart as an SVG path, with its last point and value."""

    kind: str
    words: str
    path: str
    x: float
    y: float
    share: float


class Chart(NamedTuple):
    """Lines over time, with the marks of the axis."""

    lines: list[Line]
    marks: list[tuple[float, int]]
    points: Sequence[TrendPoint]


def chart(points: Sequence[TrendPoint]) -> Chart | None:
    """None where there never was anything."""
    if not any(point.online.numerator for point in points):
        return None
    shares = {
        "online": [point.online.share or 0.0 for point in points],
        "compliant": [point.compliant.share or 0.0 for point in points],
    }
    most = max(shares["online"])
    step = next(size for size in (1, 2, 5, 10, 20, 25, 50) if 100 * most <= 4 * size or size == 50)
    top = step * max(1, -(-int(100 * most + 0.999) // step)) / 100
    width, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def place(number: int, share: float) -> tuple[float, float]:
        return round(_LEFT + width * number / (len(points) - 1), 1), round(_TOP + height * (1 - share / top), 1)

    lines = []
    for kind, values in shares.items():
        places = [place(number, share) for number, share in enumerate(values)]
        path = "M" + " L".join(f"{x} {y}" for x, y in places)
        lines.append(Line(kind, f"b_{kind}" if kind == "compliant" else "online", path, *places[-1], values[-1]))
    if abs(lines[0].y - lines[1].y) < 18:
        lines[1] = lines[1]._replace(y=lines[0].y + 18)
    marks = [(place(0, mark / 100)[1], mark) for mark in range(0, round(100 * top) + 1, step)]
    return Chart(lines, marks, points)


def tile(cell: Cell) -> Tile:
    """Digits say the maturity; signs say what has none."""
    status = cell.status
    if status is None:
        return Tile("empty", "", "t_empty", cell)
    if status.phase == "live":
        if status.level is None:
            kind = ("online", "✓", "online") if status.online else ("unassessed", "?", "t_unassessed")
            return Tile(*kind, cell)
        kind_name = "compliant" if status.compliant else "online" if status.online else "live"
        return Tile(kind_name, str(status.level), f"t_{kind_name}", cell)
    return Tile(*_PHASES.get(status.phase, ("not", "–", "t_not")), cell)


__all__ = ["LEGEND", "Chart", "Tile", "bar", "chart", "tile"]
