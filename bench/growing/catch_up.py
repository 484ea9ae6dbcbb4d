"""Events per second, all read models of progress from position 0 by the product's rebuild, over logs of growing length.

Both ways read the catalog's feed, page by page; the floor only decodes what it reads.
"""

from typing import Final

from bench.frame import Bench, Point
from bench.growing.logs import OF, logs
from bench.growing.serving import served
from bench.history.making import INSTALLATION

TIMES: Final = (2, 1, 1)
"""A long log is read once: a minute of reading evens out what a second does not."""


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    async with logs(bench) as grown:
        for size, times in zip(grown.sizes, TIMES, strict=False):
            long = await grown.of(size)
            took = {"ours": 0.0, "floor": 0.0}
            async with served(bench, long.url) as catalog, grown.empty("caught_up") as database:
                feeding = ("-m", "bench.growing.feeding", database, catalog.address, INSTALLATION)
                async with bench.program(*feeding) as program:
                    for _ in range(times):
                        for name in took:
                            took[name] += float((await program.ask({"who": name}, 600))["seconds"])
            ours, floor = (long.events * times / seconds for seconds in took.values())
            points.append(Point("catch-up", long.events, ours, floor, "events/s", OF))
            bench.say(f"catching up with {long.events} events: {ours:.0f}/s, floor {floor:.0f}/s")
    return points
