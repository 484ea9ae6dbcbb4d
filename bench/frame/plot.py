"""How measures grow, drawn: both axes logarithmic and labelled, ours as a line, the floor dashed; readable on light and on dark."""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from bench.frame.growth import Point
from bench.frame.table import number

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 84, 24, 48, 92
COLOURS = 4
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 17px; font-weight: 600 }
.ground { fill: #ffffff } .grid { stroke: #d0d7de } .axis { stroke: #57606a }
.line { fill: none; stroke-width: 2.5 } .floor { stroke-dasharray: 7 5 }
.c0 { stroke: #0550ae } .c1 { stroke: #953800 } .c2 { stroke: #116329 } .c3 { stroke: #8250df }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .ground { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
  .c0 { stroke: #79c0ff } .c1 { stroke: #ffa657 } .c2 { stroke: #7ee787 } .c3 { stroke: #d2a8ff }
}
"""
Scale = Callable[[float], float]
Pair = tuple[float, float]
Curve = tuple[str, bool, list[Pair]]


def plot(title: str, points: Sequence[Point]) -> str:
    """An SVG of points that share `unit` and `of`."""
    curves = _curves(points)
    colours = {name: f"c{index % COLOURS}" for index, name in enumerate(dict.fromkeys(name for name, _, _ in curves))}
    everything = [pair for _, _, pairs in curves for pair in pairs]
    sizes, values = [x for x, _ in everything], [y for _, y in everything]
    xs, ys = _decades(sizes), _decades(values)
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


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _scale(decades: tuple[int, int], begin: float, end: float) -> Scale:
    low, high = decades
    return lambda value: begin + (math.log10(value) - low) / (high - low) * (end - begin)


def _axes(point: Point, xs: tuple[int, int], ys: tuple[int, int], x: Scale, y: Scale) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for power in range(xs[0], xs[1] + 1):
        at = x(10**power)
        parts.append(f'<line class="grid" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{bottom}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle">{_power(power)}</text>')
    for power in range(ys[0], ys[1] + 1):
        at = y(10**power)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 5:.1f}" text-anchor="end">{_power(power)}</text>')
    middle = (TOP + bottom) / 2
    return [
        *parts,
        f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{bottom}H{right}"/>',
        f'<text x="{(LEFT + right) / 2}" y="{bottom + 42}" text-anchor="middle">{escape(point.of)}</text>',
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">{escape(point.unit)}</text>',
    ]


def _line(curve: Curve, colour: str, x: Scale, y: Scale) -> str:
    name, floor, pairs = curve
    path = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in pairs)
    dots = "".join(
        f'<circle class="line {colour}" cx="{x(size):.1f}" cy="{y(value):.1f}" r="3">'
        f"<title>{escape(_name(name, floor))}: {number(value)}</title></circle>"
        for size, value in pairs
    )
    return f'<polyline class="line {colour}{" floor" if floor else ""}" points="{path}"/>{dots}'


def _legend(curves: Sequence[Curve], colours: Mapping[str, str]) -> list[str]:
    """Below the picture, as many lines as it needs."""
    parts, at, down = [], float(LEFT), HEIGHT - 28
    for name, floor, _ in curves:
        told_ = _name(name, floor)
        width = 60 + 7.5 * len(told_)
        if at + width > WIDTH and at > LEFT:
            at, down = float(LEFT), down + 20
        kind = f"line {colours[name]}{' floor' if floor else ''}"
        parts.append(f'<line class="{kind}" x1="{at}" y1="{down - 5}" x2="{at + 28}" y2="{down - 5}"/>')
        parts.append(f'<text x="{at + 34}" y="{down}">{escape(told_)}</text>')
        at += width
    return parts


def _name(name: str, floor: bool) -> str:
    return f"{name}, floor" if floor else name


def _power(power: int) -> str:
    digits = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return {0: "1", 1: "10", 2: "100", 3: "1,000"}.get(power, f"10{digits}")
