"""Rows per second of the whole sheets of 100 municipalities through REST, acknowledged, into catalogs with logs of growing length.

A sheet has what the reference catalogue asks a commune for, and every round says something new in nearly every row. The floor is COPY of
as many rows into one indexed table that holds as many as the log has events.
"""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import Final

import aiohttp

from bench.frame import Bench, Point
from bench.growing.logs import OF, Logs, Long, logs
from bench.growing.serving import served
from bench.measures.sheets import filled
from events.log.connect import connect

SHEETS: Final = 100
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
        for size in grown.sizes:
            long = await grown.of(size)
            async with contestants(bench, grown, long) as sheets:
                rounds = {"ours": sheets.ours, "floor": sheets.floor}
                samples = await bench.rounds(rounds, bench.pick(ROUNDS, 1))
            rates = samples["ours"].median, samples["floor"].median
            points.append(Point("import", long.events, *rates, "rows/s", OF))
            bench.say(f"import into {long.events} events: {rates[0]:.0f} rows/s, floor {rates[1]:.0f}/s")
    return points


@asynccontextmanager
async def contestants(bench: Bench, grown: Logs, long: Long) -> AsyncIterator["Sheets"]:
    """With a catalog that has so many events, and a table that has so many rows."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(grown.copy(long))
        plain = await stack.enter_async_context(grown.empty("plain"))
        catalog = await stack.enter_async_context(served(bench, url))
        headers = {**catalog.authorization, "Content-Type": "text/csv"}
        session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        sheets = Sheets(session, catalog.address, plain)
        await sheets.download(await _towns(url, bench.pick(SHEETS, 4)))
        await sheets.fill(long.events)
        yield sheets


class Sheets:
    """The same sheets again and again, each time about the next day."""

    def __init__(self, session: aiohttp.ClientSession, catalog: str, plain: str) -> None:
        self._session = session
        self._catalog = catalog
        self._plain = plain
        self._templates: dict[str, str] = {}
        self._day = _FIRST
        self._rows: list[Sequence[str]] = []

    async def download(self, towns: Sequence[str]) -> None:
        """As the towns get them."""
        for town in towns:
            async with self._session.get(self._url(town), params={"format": "csv"}) as response:
                self._templates[town] = await response.text()
                assert response.status == 200, self._templates[town]

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
                    assert answer["recorded"] + answer["unchanged"] == count, answer

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
