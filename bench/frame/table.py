"""The one table at the end."""

from collections.abc import Sequence

from bench.frame.rows import FLOOR, OURS, Row
from bench.frame.samples import Sample

HEADINGS = ("measure", "unit", "ours", "spread", "beside", "there", "spread", "ratio", "must", "")


def table(rows: Sequence[Row]) -> str:
    """A line for each ratio: the floor first, then the peers."""
    lines = [HEADINGS, *(line for row in rows for line in _lines(row))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    lines.insert(1, tuple("-" * width for width in widths))
    left = {0, 1, 4, 9}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def number(value: float) -> str:
    """Readable: 18,900 or 3.42."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _lines(row: Row) -> list[tuple[str, ...]]:
    beside: list[tuple[str, Sample]] = [(FLOOR, row.floor)] if row.floor else []
    beside += list(row.peers.items())
    ours = (number(row.ours.median), _spread(row.ours))
    lines: list[tuple[str, ...]] = []
    if not beside or OURS in row.must:
        lines.append(("", "", "", "", "–", "", "", "", _must(row, OURS), _mark(row, OURS)))
    for name, there in beside:
        ratio = row.ratio(name)
        told = "" if ratio is None else f"{ratio:.2f}"
        lines.append(
            ("", "", "", "", name, number(there.median), _spread(there), told, _must(row, name), _mark(row, name))
        )
    lines[0] = (row.measure, row.unit, *ours, *lines[0][4:])
    return lines


def _must(row: Row, to: str) -> str:
    bound = row.must.get(to)
    return "" if bound is None else f"{'≥' if row.better == 'higher' else '≤'} {bound:g}"


def _mark(row: Row, to: str) -> str:
    return {True: "✓", False: "✗", None: ""}[row.reached(to)]


def _spread(one: Sample) -> str:
    return f"{number(one.low)}–{number(one.high)}" if len(one.values) > 1 else ""
