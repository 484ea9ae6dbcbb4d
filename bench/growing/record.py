"""`PUT …/status` per second over HTTP, 64 connections, with logs of growing length; the floor's table has as many rows."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from bench.frame import Bench, Point
from bench.frame.programs import Program
from bench.growing.logs import OF, Logs, Long, logs
from bench.growing.serving import served
from bench.measures.record import CONNECTIONS, PREFIX, WrongAnswers
from bench.recording.plain import TABLE
from embedded.nats import free_port
from events.log.connect import connect

ROUNDS: Final = 2
_LONG: Final = 600.0
_AS_LONG: Final = """
INSERT INTO statuses (municipality, service, body)
SELECT 'ars:' || n % 10751, 'leika:' || n, '{"phase": "live", "effective_on": "2026-10-01"}' FROM generate_series(1, $1::bigint) AS n
"""
Rate = Callable[[], Awaitable[float]]


async def slope(bench: Bench) -> list[Point]:
    """Of scattered cells: the more there are, the more of them had a status before, and get another."""
    points: list[Point] = []
    async with logs(bench) as grown:
        for size in grown.sizes:
            long = await grown.of(size)
            async with contestants(bench, grown, long) as taking_part:
                samples = await bench.rounds(taking_part, ROUNDS)
            rates = samples["ours"].median, samples["floor"].median
            points.append(Point(f"record@{CONNECTIONS}", long.events, *rates, "calls/s", OF))
            bench.say(f"record with {long.events} events: {rates[0]:.0f}/s, floor {rates[1]:.0f}/s")
    return points


@asynccontextmanager
async def contestants(bench: Bench, grown: Logs, long: Long) -> AsyncIterator[dict[str, Rate]]:
    """Both servers, and the generator of load."""
    port = free_port()
    async with (
        grown.copy(long) as url,
        grown.empty("plain") as plain_url,
        served(bench, url) as catalog,
        bench.program("-m", "bench.load") as load,
    ):
        await _fill(plain_url, long.events)
        plain = ("-m", "bench.recording.plain", "sqlalchemy", str(port), str(catalog.public_key), plain_url)
        async with bench.program(*plain) as floor:
            await floor.listens(port)
            headers = {**catalog.authorization, "Accept": "application/json"}
            given = {"database": url, "prefix": PREFIX, "headers": headers}
            seconds = bench.pick(1.5, 0.5)
            yield {"ours": _rate(load, catalog.port, seconds, given), "floor": _rate(load, port, seconds, given)}


async def _fill(url: str, rows: int) -> None:
    connection = await connect(url)
    try:
        await connection.execute(TABLE)
        await connection.execute(_AS_LONG, rows, timeout=_LONG)
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _rate(load: Program, port: int, seconds: float, given: dict[str, Any]) -> Rate:
    async def rate() -> float:
        job = {"port": port, "connections": CONNECTIONS, "seconds": seconds, "scenario": "statuses", "given": given}
        report = await load.ask(job)
        if not set(report["counts"]) <= {"200", "201"}:
            raise WrongAnswers(f"{report['counts']}: {report['unlike']}")
        return float(report["rate"])

    return rate
