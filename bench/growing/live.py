"""Milliseconds from the 2xx of a write until progress has it, at growing rates, until not all writes are answered in time.

The figure of a rate stands at the rate at which answers came. The floor, one event after the other, is as fast at any rate.
"""

from contextlib import AsyncExitStack
from typing import Final

from bench.frame import Bench, Point
from bench.frame.programs import ProgramFailed
from bench.live.installation import installed
from bench.measures.live import behind, spread

RATES: Final = (50, 100, 200, 400, 800, 1200, 1600, 2400, 3200)
KEPT_UP: Final = 0.9
OF: Final = "writes answered per second"


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    seconds = bench.pick(3.0, 1.0)
    async with installed(bench) as installation, AsyncExitStack() as stack:
        given = installation.catalog_database, installation.prefix, installation.token
        writer = await stack.enter_async_context(bench.program("-m", "bench.live.writing", *given))
        watching = ("-m", "bench.live.watching", installation.progress_database)
        watcher = await stack.enter_async_context(bench.program(*watching))
        await watcher.ask({"until": installation.head, "seconds": 120})
        warm = {"port": installation.catalog_port, "rate": 100, "seconds": 2}
        await behind(watcher, (await writer.ask(warm))["answers"])
        floor_url = await stack.enter_async_context(bench.postgres())
        least = ("-m", "bench.live.floor", floor_url, installation.nats_url, installation.catalog_database)
        floor = await stack.enter_async_context(bench.program(*least))
        for wanted in bench.pick(RATES, RATES[:2]):
            job = {"port": installation.catalog_port, "rate": wanted, "seconds": seconds}
            try:
                answers = (await writer.ask(job))["answers"]
                took = spread(await behind(watcher, answers))
            except (ProgramFailed, TimeoutError) as error:
                bench.say(f"at {wanted} writes a second it fails: {error!r}"[:300])
                break
            least_took = spread((await floor.ask({"seconds": bench.pick(1.0, 0.5)}))["took"])
            rate = round(len(answers) / (max(when for when, _ in answers) - min(when for when, _ in answers)))
            points.append(Point("live p50", rate, took.p50, least_took.p50, "ms", OF))
            points.append(Point("live p99", rate, took.p99, least_took.p99, "ms", OF))
            bench.say(f"live at {rate} writes/s (of {wanted}): p50 {took.p50:.1f} ms, p99 {took.p99:.1f} ms")
            if rate < KEPT_UP * wanted:
                break
    return points
