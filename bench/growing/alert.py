"""Deliveries per second of one opening in all Länder, by how many municipalities it reaches, the opening itself included."""

from typing import Final

import asyncpg

from bench.frame import Bench, Point
from bench.measures.alert import MUNICIPALITIES, openings

REACHED: Final = (100, 1_000, MUNICIPALITIES)
ROUNDS: Final = 2
OF: Final = "municipalities reached"


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    reached = bench.pick(REACHED, REACHED[:2])
    async with openings(reached[0]) as opened:
        notifier = await asyncpg.connect(opened.installation.postgres.url("notifier"))
        try:
            for wanted in reached:
                await notifier.execute("TRUNCATE subscriptions CASCADE")
                await opened.subscribe(wanted)
                samples = await bench.rounds({"ours": opened.ours, "floor": opened.floor}, ROUNDS)
                ours, floor = samples["ours"].median, samples["floor"].median
                points.append(Point("alert", wanted, ours, floor, "deliveries/s", OF))
                bench.say(f"alert of {wanted} municipalities: {ours:.0f}/s, floor {floor:.0f}/s")
        finally:
            await notifier.close()
    return points
