"""Rows per second of the whole sheets of 20 municipalities through REST, acknowledged, into catalogs with logs of growing length.

Every round changes every row. The floor is COPY of as many rows into one indexed table that holds as many as the log has events.
"""

import asyncio
import csv
import io
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Self

import aiohttp

from bench.frame import Bench, Point
from bench.growing.logs import OF, logs
from bench.measures.record import INSTALLATION, PREFIX, operators_token
from bench.measures.sheets import filled
from edge.tokens import generate_keys
from embedded.nats import free_port
from events.log.connect import connect

SHEETS: Final = 20
AT_ONCE: Final = 4
ROUNDS: Final = 2
_LONG: Final = 600.0
_FIRST: Final = date(2026, 9, 1)
_TOWNS: Final = "SELECT id FROM municipalities WHERE 'commune' = ANY(levels) AND ended_on IS NULL ORDER BY id"
_PLAIN: Final = """
CREATE TABLE plain (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, municipality text, service text, phase text, effective_on text, model text, level text);
CREATE INDEX ON plain (municipality, service);
"""
_AS_LONG: Final = """
INSERT INTO plain (municipality, service, phase, effective_on, model, level)
SELECT 'ars:' || n * 7919 % 10751, 'leika:' || n, 'live', '2026-10-01', 'ozg-1.1', '3' FROM generate_series(1, $1::bigint) AS n
"""
_COLUMNS: Final = ("municipality", "service", "phase", "effective_on", "model", "level")
_FIELDS: Final = ("service", "phase", "effective_on", "maturity_model", "maturity_level")


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    async with logs(bench) as grown:
        with tempfile.TemporaryDirectory() as folder:
            private, public = Path(folder) / "private.pem", Path(folder) / "public.pem"
            generate_keys(private, public)
            headers = {"Authorization": f"Bearer {operators_token(private)}", "Content-Type": "text/csv"}
            for size in grown.sizes:
                long = await grown.of(size)
                port = free_port()
                address = f"http://127.0.0.1:{port}{PREFIX}"
                async with AsyncExitStack() as stack:
                    url = await stack.enter_async_context(grown.copy(long))
                    plain = await stack.enter_async_context(grown.empty("plain"))
                    environment = {
                        "OZG_INSTALLATION": INSTALLATION,
                        "OZG_CATALOG_DATABASE_URL": url,
                        "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
                        "OZG_LOG_FORMAT": "json",
                        "OZG_PORT": str(port),
                    }
                    serving = bench.program(
                        "-m", "catalog", "web", environment=environment, ready=f"{address}/-/health"
                    )
                    await stack.enter_async_context(serving)
                    session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
                    towns = await _towns(url, bench.pick(SHEETS, 4))
                    contestants = await Sheets(session, address, plain).downloaded(towns)
                    await contestants.fill(long.events)
                    rounds = {"ours": contestants.ours, "floor": contestants.floor}
                    samples = await bench.rounds(rounds, bench.pick(ROUNDS, 1))
                rates = samples["ours"].median, samples["floor"].median
                points.append(Point("import", long.events, *rates, "rows/s", OF))
                bench.say(f"import into {long.events} events: {rates[0]:.0f} rows/s, floor {rates[1]:.0f}/s")
    return points


class Sheets:
    """The same sheets again and again, each time about the next day."""

    def __init__(self, session: aiohttp.ClientSession, catalog: str, plain: str) -> None:
        self._session = session
        self._catalog = catalog
        self._plain = plain
        self._templates: dict[str, str] = {}
        self._day = _FIRST
        self._rows: list[Sequence[str]] = []

    async def downloaded(self, towns: Sequence[str]) -> Self:
        """As the towns get them."""
        for town in towns:
            async with self._session.get(self._url(town), params={"format": "csv"}) as response:
                self._templates[town] = await response.text()
                assert response.status == 200, self._templates[town]
        return self

    async def fill(self, rows: int) -> None:
        """The floor's table."""
        connection = await connect(self._plain)
        await connection.execute(_PLAIN)
        await connection.execute(_AS_LONG, rows, timeout=_LONG)
        await connection.execute("CHECKPOINT")
        await connection.close()

    async def ours(self) -> float:
        """Rows a second until the last sheet is acknowledged."""
        self._day += timedelta(days=1)
        sheets = {town: filled(text, self._day.isoformat()) for town, text in self._templates.items()}
        self._rows = [row for town, (body, _) in sheets.items() for row in _parsed(town, body)]
        waiting = iter(sheets.items())

        async def work() -> None:
            for town, (body, count) in waiting:
                async with self._session.post(self._url(town), data=body) as response:
                    answer = await response.json()
                    assert response.status == 200, answer
                    assert answer["recorded"] == count, answer

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return len(self._rows) / (time.perf_counter() - began)

    async def floor(self) -> float:
        connection = await connect(self._plain)
        began = time.perf_counter()
        await connection.copy_records_to_table("plain", records=self._rows, columns=_COLUMNS)
        took = time.perf_counter() - began
        await connection.close()
        return len(self._rows) / took

    def _url(self, town: str) -> str:
        return f"{self._catalog}/municipalities/{town}/statuses"


async def _towns(url: str, count: int) -> list[str]:
    """From all over the country."""
    connection = await connect(url)
    found = [str(row["id"]) for row in await connection.fetch(_TOWNS)]
    await connection.close()
    return found[:: len(found) // count][:count]


def _parsed(town: str, body: bytes) -> list[Sequence[str]]:
    text = body.decode()
    return [
        (town, *(row[field] for field in _FIELDS))
        for row in csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text[:200] else ",")
    ]
