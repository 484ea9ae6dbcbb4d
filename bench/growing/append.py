"""Decided appends per second at 64 callers, into logs of growing length; the floor writes into as long tables of its own."""

from collections.abc import Awaitable, Callable
from typing import Final

from bench.appending.floor import TABLES
from bench.frame import Bench, Point
from bench.frame.programs import Program
from bench.growing.logs import OF, logs
from events.log.connect import connect

CALLERS: Final = 64
ROUNDS: Final = 2
_MINUTES: Final = 600.0
_EVENTS: Final = "position, id, stream, version, type, topic, time, document"
_STATUSES: Final = "municipality, service, version, confirmed_on, timeline"
_AS_LONG: Final = f"""
INSERT INTO floor.events SELECT {_EVENTS} FROM public.events;
INSERT INTO floor.statuses SELECT {_STATUSES} FROM public.statuses;
UPDATE floor.heads SET position = (SELECT position FROM public.heads);
ANALYZE floor.events, floor.statuses;
CHECKPOINT
"""


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    async with logs(bench) as grown:
        for size in grown.sizes:
            long = await grown.of(size)
            async with grown.copy(long) as url:
                floor_url = await _floor_beside(url)
                async with (
                    bench.program("-m", "bench.appending.ours", url) as ours,
                    bench.program("-m", "bench.appending.floor", floor_url, url) as floor,
                ):
                    seconds = bench.pick(1.5, 0.5)
                    contestants = {"ours": _rate(ours, seconds), "floor": _rate(floor, seconds)}
                    samples = await bench.rounds(contestants, ROUNDS)
            rates = samples["ours"].median, samples["floor"].median
            points.append(Point(f"append@{CALLERS}", long.events, *rates, "appends/s", OF))
            bench.say(f"append to {long.events} events: {rates[0]:.0f}/s, floor {rates[1]:.0f}/s")
    return points


async def _floor_beside(url: str) -> str:
    """The same database through a schema in which only the floor's tables are, as full as the product's."""
    connection = await connect(url)
    try:
        await connection.execute("CREATE SCHEMA floor; SET search_path = floor")
        await connection.execute(TABLES)
        for statement in _AS_LONG.split(";"):
            await connection.execute(statement, timeout=_MINUTES)
    finally:
        await connection.close()
    return f"{url}&search_path=floor"


def _rate(program: Program, seconds: float) -> Callable[[], Awaitable[float]]:
    async def rate() -> float:
        return float((await program.ask({"callers": CALLERS, "seconds": seconds}))["rate"])

    return rate
