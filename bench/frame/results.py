"""What a run leaves: `results/latest.json`, and `results/recorded.json`, against which CI's small version compares.

`recorded.json` has the ratios to the floor for which a full run demands something, as the small version last recorded them.

`latest.json` is a list of `{"measure", "ours", "floor", "peer", "unit", "ratio_floor", "ratio_peer", "conditions"}`, medians. Where there are
several peers, `peer` and `ratio_peer` are those of the peer that does best, `peer_name`; all are in `peers`. Besides: `better`, `must`,
`missed`, `spread` (lowest and highest of the rounds), `of` (the measure's file) and `on` (the day). A run of one measure replaces its lines.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from bench.frame.growth import Point
from bench.frame.rows import FLOOR, Better, Row, figure

FOLDER = Path(__file__).parents[1] / "results"
LATEST, RECORDED = FOLDER / "latest.json", FOLDER / "recorded.json"
HALF = 0.5


class Recorded(msgspec.Struct, frozen=True):
    """A ratio to the floor as it once was."""

    ratio_floor: float
    better: Better = "higher"


def merged(before: Sequence[dict[str, Any]], rows: Mapping[str, Sequence[Row]], on: date) -> list[dict[str, Any]]:
    """The lines of the measures that were run now, and those of the others as they were."""
    kept = [line for line in before if line.get("of") not in rows]
    return kept + [{**row.as_json(), "of": name, "on": on.isoformat()} for name, of in rows.items() for row in of]


def write_latest(rows: Mapping[str, Sequence[Row]], on: date, order: Sequence[str], path: Path = LATEST) -> None:
    before = msgspec.json.decode(path.read_bytes()) if path.exists() else []
    lines = merged(before, rows, on)
    place = {name: index for index, name in enumerate(order)}
    _write(path, sorted(lines, key=lambda line: place.get(line["of"], len(place))))


def merge_slopes(name: str, points: Sequence[Point], on: date, path: Path) -> None:
    """The points of one measure replace those it had; `from` is the measure's file."""
    before = msgspec.json.decode(path.read_bytes()) if path.exists() else []
    now = [{**point._asdict(), "from": name, "on": on.isoformat()} for point in points]
    _write(path, [line for line in before if line["from"] != name] + now)


def read_recorded(path: Path = RECORDED) -> dict[str, Recorded]:
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Recorded]) if path.exists() else {}


def record(rows: Sequence[Row], path: Path = RECORDED) -> None:
    """Keep these ratios as what the small version has to hold; those that were not measured now stay.

    Of times the longest that was recorded stays: what a few seconds say of waiting is mostly the machine's.
    """
    before = read_recorded(path)
    now = {
        row.measure: Recorded(figure(ratio) or 0.0, row.better)
        for row in rows
        if FLOOR in row.must and (ratio := row.ratio(FLOOR)) is not None
    }
    for name, one in now.items():
        if one.better == "lower" and name in before and before[name].better == "lower":
            now[name] = max(one, before[name], key=lambda either: either.ratio_floor)
    _write(path, dict(sorted({**before, **now}.items())))


def held_to(recorded: Mapping[str, Recorded], row: Row) -> Row:
    """The row as the small version judges it: all that must be reached is half of what was recorded, if anything was."""
    before = recorded.get(row.measure)
    return row._replace(must={} if before is None else {FLOOR: bound(before)})


def bound(before: Recorded) -> float:
    """Half as good: half the rate, or twice the time."""
    return before.ratio_floor * HALF if before.better == "higher" else before.ratio_floor / HALF


def fallen(rows: Sequence[Row], recorded: Mapping[str, Recorded]) -> list[str]:
    """Sentences about ratios that are less than half as good as they were; what was never recorded cannot fall."""
    return [
        f"{row.measure}: {row.ratio(FLOOR):.2f} of the floor, recorded was {recorded[row.measure].ratio_floor:.2f}"
        for row in rows
        if held_to(recorded, row).missed
    ]


def _write(path: Path, what: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(what), indent=2) + b"\n")
