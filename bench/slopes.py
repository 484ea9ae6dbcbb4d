"""`make bench-slopes`: how the measures grow with size, from 10⁴ to 10⁶ events, or cells: `results/slopes.json` and `plots/*.svg`."""

import argparse
import asyncio
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import msgspec

from bench.frame import finding
from bench.frame.bench import Bench
from bench.frame.growth import Point
from bench.frame.plot import plot, told
from bench.frame.results import FOLDER, merge_slopes
from bench.frame.running import FOLDER as KEPT

PLOTS = Path(__file__).parent / "plots"


async def grow(measures: Mapping[str, ModuleType], *, small: bool) -> int:
    """One after the other; what was measured before one fails is kept."""
    failed = False
    for name, module in measures.items():
        bench = Bench(KEPT, small=small)
        bench.say(f"{name}, growing")
        try:
            points: Sequence[Point] = await module.slope(bench)
        except Exception:  # noqa: BLE001 - told, and the others go on
            traceback.print_exc()
            failed = True
            continue
        finally:
            await bench.close()
        if points and not small:
            merge_slopes(name, points, datetime.now(UTC).date(), FOLDER / "slopes.json")
            draw(name, points, PLOTS)
        print(f"{name}: {told(points)}")
    return 1 if failed else 0


def draw(name: str, points: Sequence[Point], folder: Path) -> list[Path]:
    """One picture for each pair of axes."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for unit, of in dict.fromkeys((point.unit, point.of) for point in points):
        own = [point for point in points if (point.unit, point.of) == (unit, of)]
        suffix = f"-{len(written) + 1}" if written else ""
        path = folder / f"{name}{suffix}.svg"
        path.write_text(plot(f"{name}: {unit} by {of}", own))
        written.append(path)
    return written


def redraw(path: Path) -> None:
    """From what was measured before."""
    lines = msgspec.json.decode(path.read_bytes())
    for name in dict.fromkeys(line["from"] for line in lines):
        own = [line for line in lines if line["from"] == name]
        draw(name, [Point(*(line[field] for field in Point._fields)) for line in own], PLOTS)


def main() -> int:
    measures = finding.growing_ones()
    parser = argparse.ArgumentParser(prog="python -m bench.slopes", description=__doc__)
    parser.add_argument(
        "measure", nargs="*", metavar="MEASURE", help=f"of {', '.join(measures)}; all, if none is named"
    )
    parser.add_argument("--small", action="store_true", help="small sizes, only to see whether it works; keeps nothing")
    parser.add_argument("--redraw", action="store_true", help="only draw again what was measured before")
    options = parser.parse_args()
    if unknown := [name for name in options.measure if name not in measures]:
        parser.error(f"nothing grows in {', '.join(unknown)}; there are {', '.join(measures)}")
    if options.redraw:
        redraw(FOLDER / "slopes.json")
        return 0
    chosen = {name: module for name, module in measures.items() if not options.measure or name in options.measure}
    return asyncio.run(grow(chosen, small=options.small))


if __name__ == "__main__":
    raise SystemExit(main())
