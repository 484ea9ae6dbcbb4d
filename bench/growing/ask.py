"""Milliseconds of the slowest of a hundred answers (p99), at 645,000 and 64.5 million recorded cells, now and as of an earlier day.

Only of installations that `make bench MEASURE=ask` has filled and kept; none is filled for this.
"""

from typing import Final

import msgspec

from bench.asking.questions import FLOOR
from bench.frame import Bench, Point
from bench.frame.samples import sample
from bench.large import keeping
from bench.measures.ask import asked_in_turns

ROUNDS: Final = 2
REQUESTS: Final = 400
CELLS: Final = {"small": 645_060, "large": 64_506_000}
NOW, EARLIER = "recorded cells", "recorded cells, asked as of an earlier day"


async def slope(bench: Bench) -> list[Point]:
    kept = there(bench)
    if not kept:
        bench.say("no installation is kept: `make bench MEASURE=ask` fills them")
        return []
    taken = await asked_in_turns(bench, kept, rounds=bench.pick(ROUNDS, 1), requests=bench.pick(REQUESTS, 100))
    points: list[Point] = []
    for (size, name), values in taken.items():
        question, _, when = name.partition("/")
        for of in (NOW, EARLIER) if name == FLOOR else (NOW if when == "now" else EARLIER,):
            called = f"{question} (floor)" if name == FLOOR else question
            points.append(Point(called, CELLS[size], sample(values).median, None, "ms, p99", of))
    return points


def there(bench: Bench) -> tuple[str, ...]:
    """Which are as today's definition makes them."""
    mark = bench.folder / keeping.FOLDER / "made-of.json"
    made = msgspec.json.decode(mark.read_bytes(), type=dict[str, str]) if mark.exists() else {}
    today = keeping.digest()
    return tuple(size for size in CELLS if made.get(size) == today)
