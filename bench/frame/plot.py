"""How measures grow, drawn: both axes logarithmic and labelled, ours as a line, the floor dashed; readable on light and on dark."""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from bench.frame.growth import Point
from bench.frame.table import number

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 84, 36, 48, 92
COLOURS = 6
STEPS = (1, 2, 5)
MANY_DECADES = 2.5
POWERS_FROM = 5
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 17px; font-weight: 600 }
.ground { fill: #ffffff } .grid { stroke: #d0d7de } .axis { stroke: #57606a }
.line { fill: none; stroke-width: 2.5 } .floor { stroke-dasharray: 7 5 }
.c0 { stroke: #0550ae } .c1 { stroke: #953800 } .c2 { stroke: #116329 } .c3 { stroke: #8250df } .c4 { stroke: #a40e26 } .c5 { stroke: #57606a }
.mark { fill: #ffffff; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .ground, .mark { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
  .c0 { stroke: #79c0ff } .c1 { stroke: #ffa657 } .c2 { stroke: #7ee787 } .c3 { stroke: #d2a8ff } .c4 { stroke: #ff9492 } .c5 { stroke: #adbac7 }
}
"""
SHAPES = (
    "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
    "M-3.5 -3.5H3.5V3.5H-3.5Z",
    "M0 -5L4.5 3.5H-4.5Z",
    "M0 -5L5 0L0 5L-5 0Z",
    "M0 5L4.5 -3.5H-4.5Z",
    "M-4 -4L4 4M-4 4L4 -4",
)
"""One for each colour, so that colours are not all that tells curves apart."""
Scale = Callable[[float], float]
Pair = tuple[float, float]
Curve = tuple[str, bool, list[Pair]]


def plot(title: str, points: Sequence[Point]) -> str:
    """An SVG of points that share `unit` and `of`."""
    curves = _curves(points)
    names = dict.fromkeys(name for name, _, _ in curves)
    colours = {name: index % COLOURS for index, name in enumerate(names)}
    everything = [pair for _, _, pairs in curves for pair in pairs]
    sizes, values = [x for x, _ in everything], [y for _, y in everything]
    xs, ys = _bounds(sizes), _bounds(values)
    x, y = _scale(xs, LEFT, WIDTH - RIGHT), _scale(ys, HEIGHT - BOTTOM, TOP)
    parts = [
        *_axes(points[0], xs, ys, x, y),
        *(_line(curve, colours[curve[0]], x, y) for curve in curves),
        *_legend(curves, colours),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title desc">'
    return "\n".join(
        [
            head,
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(told(points))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
            f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def told(points: Sequence[Point]) -> str:
    """The same in words, for who does not see it."""
    sentences = []
    for name, floor, pairs in _curves(points):
        steps = ", ".join(f"{number(value)} at {number(size)}" for size, value in pairs)
        sentences.append(f"{_name(name, floor)} in {points[0].unit} by {points[0].of}: {steps}.")
    return " ".join(sentences)


def _curves(points: Sequence[Point]) -> list[Curve]:
    """Ours and, where there is one, the floor of each measure, by size."""
    curves: list[Curve] = []
    for name in dict.fromkeys(point.measure for point in points):
        own = sorted((point for point in points if point.measure == name), key=lambda point: point.size)
        curves.append((name, False, [(point.size, point.ours) for point in own if point.ours > 0]))
        floor = [(float(point.size), point.floor) for point in own if point.floor]
        if floor:
            curves.append((name, True, floor))
    return curves


def _bounds(values: Sequence[float]) -> Pair:
    """The nearest of 1, 2, 5, 10, 20 … around them, but never less than a decade, in which little differences would look large."""
    around = _steps(math.floor(math.log10(min(values))) - 2, math.ceil(math.log10(max(values))) + 2)
    low = max(step for step in around if step <= min(values))
    high = min(step for step in around if step >= max(values))
    while high < low * 9.99:
        high = min(step for step in around if step > high)
        if high < low * 9.99:
            low = max(step for step in around if step < low)
    return low, high


def _ticks(bounds: Pair) -> list[float]:
    """1, 2, 5 of each decade, or where those would be many the decades alone."""
    low, high = bounds
    wide = math.log10(high / low) > MANY_DECADES
    return [
        step
        for step in _steps(math.floor(math.log10(low)), math.ceil(math.log10(high)), STEPS[:1] if wide else STEPS)
        if low <= step <= high
    ]


def _steps(first: int, last: int, steps: Sequence[int] = STEPS) -> list[float]:
    return [step * 10.0**power for power in range(first, last + 1) for step in steps]


def _scale(bounds: Pair, begin: float, end: float) -> Scale:
    low, high = map(math.log10, bounds)
    return lambda value: begin + (math.log10(value) - low) / (high - low) * (end - begin)


def _axes(point: Point, xs: Pair, ys: Pair, x: Scale, y: Scale) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick in _ticks(xs):
        at = x(tick)
        parts.append(f'<line class="grid" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{bottom}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle">{_short(tick)}</text>')
    for tick in _ticks(ys):
        at = y(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 5:.1f}" text-anchor="end">{_short(tick)}</text>')
    middle = (TOP + bottom) / 2
    return [
        *parts,
        f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{bottom}H{right}"/>',
        f'<text x="{(LEFT + right) / 2}" y="{bottom + 42}" text-anchor="middle">{escape(point.of)}</text>',
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">{escape(point.unit)}</text>',
    ]


def _line(curve: Curve, colour: int, x: Scale, y: Scale) -> str:
    name, floor, pairs = curve
    path = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in pairs)
    marks = "".join(
        f'<g transform="translate({x(size):.1f} {y(value):.1f})">'
        f"<title>{escape(_name(name, floor))}: {number(value)}</title>{_mark(colour)}</g>"
        for size, value in pairs
    )
    return f'<polyline class="line {_kind(colour, floor)}" points="{path}"/>{marks}'


def _mark(colour: int) -> str:
    return f'<path class="mark c{colour}" d="{SHAPES[colour]}"/>'


def _kind(colour: int, floor: bool) -> str:
    return f"c{colour} floor" if floor else f"c{colour}"


def _legend(curves: Sequence[Curve], colours: Mapping[str, int]) -> list[str]:
    """Below the picture, as many lines as it needs."""
    parts, at, down = [], float(LEFT), HEIGHT - 28
    for name, floor, _ in curves:
        told_, colour = _name(name, floor), colours[name]
        width = 60 + 7.5 * len(told_)
        if at + width > WIDTH and at > LEFT:
            at, down = float(LEFT), down + 20
        parts.append(
            f'<line class="line {_kind(colour, floor)}" x1="{at}" y1="{down - 5}" x2="{at + 28}" y2="{down - 5}"/>'
        )
        parts.append(f'<g transform="translate({at + 14} {down - 5})">{_mark(colour)}</g>')
        parts.append(f'<text x="{at + 34}" y="{down}">{escape(told_)}</text>')
        at += width
    return parts


def _name(name: str, floor: bool) -> str:
    return f"{name}, floor" if floor else name


def _short(tick: float) -> str:
    """Up to 50,000 as it is, 10⁵ and 2·10⁵ as powers."""
    power = math.floor(math.log10(tick) + 1e-9)
    step = round(tick / 10.0**power)
    if power < POWERS_FROM:
        return f"{tick:,.{max(0, -power)}f}"
    digits = str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits}" if step == 1 else f"{step}·10{digits}"
