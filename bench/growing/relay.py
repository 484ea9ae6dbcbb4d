"""Events per second from logs of growing length to JetStream, from the first event to the last, beside ready-made bytes."""

import statistics
from typing import Final

from bench.frame import Bench, Point
from bench.growing.logs import OF, logs

TIMES: Final = (3, 2, 1)
"""The longer it takes, the less often."""


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    async with logs(bench) as grown, bench.nats() as nats_url:
        for size, times in zip(grown.sizes, TIMES, strict=False):
            long = await grown.of(size)
            rates: dict[str, list[float]] = {"ours": [], "floor": []}
            async with bench.program("-m", "bench.relaying", long.url, nats_url) as program:
                for _ in range(times):
                    for name, taken in rates.items():
                        taken.append(float((await program.ask({"who": name}, 300))["rate"]))
            ours, floor = (statistics.median(taken) for taken in rates.values())
            points.append(Point("relay", long.events, ours, floor, "events/s", OF))
            bench.say(f"relay of {long.events} events: {ours:.0f}/s, floor {floor:.0f}/s")
    return points
