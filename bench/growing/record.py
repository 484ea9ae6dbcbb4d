"""`PUT …/status` per second over HTTP, 64 connections, with logs of growing length; the floor's table has as many rows."""

import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from bench.frame import Bench, Point
from bench.frame.programs import Program
from bench.growing.logs import OF, logs
from bench.measures.record import CONNECTIONS, INSTALLATION, PREFIX, WrongAnswers, operators_token
from bench.recording.plain import TABLE
from edge.tokens import generate_keys
from embedded.nats import free_port
from events.log.connect import connect

ROUNDS: Final = 3
_AS_LONG: Final = """
INSERT INTO statuses (municipality, service, body)
SELECT 'ars:' || n % 10751, 'leika:' || n, '{"phase": "live", "effective_on": "2026-10-01"}' FROM generate_series(1, $1::bigint) AS n
"""


async def slope(bench: Bench) -> list[Point]:
    """Of scattered cells: the more there are, the more of them had a status before, and get another."""
    points: list[Point] = []
    async with logs(bench) as grown:
        with tempfile.TemporaryDirectory() as folder:
            private, public = Path(folder) / "private.pem", Path(folder) / "public.pem"
            generate_keys(private, public)
            token = operators_token(private)
            for size in grown.sizes:
                long = await grown.of(size)
                async with AsyncExitStack() as stack:
                    url = await stack.enter_async_context(grown.copy(long))
                    floor_url = await stack.enter_async_context(grown.empty("plain"))
                    await _fill(floor_url, long.events)
                    ports = {"ours": free_port(), "floor": free_port()}
                    environment = {
                        "OZG_INSTALLATION": INSTALLATION,
                        "OZG_CATALOG_DATABASE_URL": url,
                        "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
                        "OZG_LOG_FORMAT": "json",
                        "OZG_PORT": str(ports["ours"]),
                    }
                    plain = ("-m", "bench.recording.plain", "sqlalchemy", str(ports["floor"]), str(public), floor_url)
                    for name, words in {"ours": ("-m", "catalog", "web"), "floor": plain}.items():
                        program = await stack.enter_async_context(bench.program(*words, environment=environment))
                        await program.listens(ports[name])
                    load = await stack.enter_async_context(bench.program("-m", "bench.load"))
                    given = {
                        "database": url,
                        "prefix": PREFIX,
                        "headers": {"Authorization": f"Bearer {token}", "Accept": "application/json"},
                    }
                    seconds = bench.pick(1.5, 0.5)
                    contestants = {name: _rate(load, port, seconds, given) for name, port in ports.items()}
                    samples = await bench.rounds(contestants, ROUNDS)
                rates = samples["ours"].median, samples["floor"].median
                points.append(Point(f"record@{CONNECTIONS}", long.events, *rates, "calls/s", OF))
                bench.say(f"record with {long.events} events: {rates[0]:.0f}/s, floor {rates[1]:.0f}/s")
    return points


async def _fill(url: str, rows: int) -> None:
    connection = await connect(url)
    try:
        await connection.execute(TABLE)
        await connection.execute(_AS_LONG, rows, timeout=600)
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _rate(load: Program, port: int, seconds: float, given: dict[str, Any]) -> Callable[[], Awaitable[float]]:
    async def rate() -> float:
        job = {"port": port, "connections": CONNECTIONS, "seconds": seconds, "scenario": "statuses", "given": given}
        report = await load.ask(job)
        if not set(report["counts"]) <= {"200", "201"}:
            raise WrongAnswers(f"{report['counts']}: {report['unlike']}")
        return float(report["rate"])

    return rate
