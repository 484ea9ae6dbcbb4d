"""Rows per second of 6,000-row CSV sheets from 20 municipalities on a catalogue of 6,000 services, acknowledged, and who waits meanwhile.

Only a catalog, with its process for sheets, and PostgreSQL run. Sheets are all or nothing (`mode=all`), four at once. The floor is COPY of the very event rows
that the sheets left in the log, with the same bytes, sheet by sheet, into a table with the log's two indexes. Printed beside it: COPY of the
bare rows of the sheets, the same sheets a second time, when nothing is new, and what single calls of other municipalities wait.
"""

import asyncio
import csv
import io
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg

from bench.frame import Bench
from bench.frame.samples import Sample, sample
from bench.measures.record import INSTALLATION, PREFIX, operators_token
from catalog.domain.municipality_changes import RegisterMunicipality
from catalog.domain.service import ListService
from catalog.keeping import keepers
from catalog.migrating import migrate
from edge.correlation import uuid7
from edge.tokens import generate_keys
from embedded.nats import free_port
from events.log.append import AppendQueue, Context, Log

AT_ONCE: Final = 4
ROUNDS: Final = 3
RATE: Final = 25.0
"""Single calls of others in a second."""
_HEADER = (
    *("service", "title", "phase", "maturity_model", "maturity_level", "effective_on"),
    *("expected_live_on", "online_url", "solution", "reason", "note"),
)
_PHASES = ("not_started", "planned", "in_implementation", "live", "live", "live", "deferred", "suspended")
_ROWS = (
    "SELECT position, id, stream, version, type, topic, time, document FROM events WHERE stream ^@ $1 ORDER BY position"
)
_COLUMNS = ("position", "id", "stream", "version", "type", "topic", "time", "document")


async def measure(bench: Bench) -> None:
    towns, services = bench.pick(20, 4), bench.pick(6000, 1000)
    async with importing(bench, towns, services) as place:
        idle = await place.waits(bench.pick(6.0, 1.0))
        samples = await bench.rounds({"ours": place.ours, "floor": place.floor, "peer:bare rows": place.bare}, ROUNDS)
        sheets = f"{towns} CSV sheets of {services} rows, {AT_ONCE} at once, all or nothing, fsync on"
        bench.report(
            "import",
            samples["ours"],
            floor=samples["floor"],
            peers={"bare rows": samples["peer:bare rows"]} if "peer:bare rows" in samples else None,
            unit="rows/s",
            must={"floor": 0.25},
            conditions=sheets,
        )
        bench.report("import@again", sample([await place.again()]), unit="rows/s", conditions=f"{sheets}, nothing new")
        bench.report(
            "import@others",
            sample(place.others),
            floor=idle,
            unit="ms p99",
            better="lower",
            must={"floor": 5},
            conditions=f"single calls of other municipalities, {RATE:.0f} a second, during the sheets and idle",
        )
        bench.say(f"memory of the catalog: {place.peak_memory() / 2**20:.0f} MiB resident at most")


class _Place:
    """A running catalog; each round takes municipalities that have nothing recorded."""

    def __init__(
        self, session: aiohttp.ClientSession, address: str, database: asyncpg.Pool, size: tuple[int, int]
    ) -> None:
        self.others: list[float] = []
        self.peak_memory: Any = None
        self._session = session
        self._address = address
        self._database = database
        self._towns, self._services = size
        self._sheets = [_sheet(n, self._services) for n in range(self._towns)]
        self._round = -1
        self._single = 0

    async def ours(self) -> float:
        self._round += 1
        waiting = asyncio.Event()
        singles = asyncio.create_task(self._singles(waiting))
        rate = await self._upload()
        waiting.set()
        if self._round > 0:
            self.others.append(_p99(await singles))
        return rate

    async def again(self) -> float:
        """The last round's sheets once more."""
        return await self._upload()

    async def floor(self) -> float:
        sheets = [await self._database.fetch(_ROWS, f"status/ars:{town}/") for town in self._ours()]
        await self._database.execute("DROP TABLE IF EXISTS floor; CREATE TABLE floor (LIKE events INCLUDING ALL)")
        return await self._copied("floor", _COLUMNS, [[tuple(row) for row in sheet] for sheet in sheets])

    async def bare(self) -> float:
        columns = ("municipality", *_HEADER)
        await self._database.execute(
            f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({' text, '.join(columns)} text, PRIMARY KEY (municipality, service))"
        )
        rows = [
            [(town, *row) for row in list(csv.reader(io.StringIO(sheet.decode())))[1:]]
            for town, sheet in zip(self._ours(), self._sheets, strict=True)
        ]
        return await self._copied("bare", columns, rows)

    async def waits(self, seconds: float) -> Sample:
        """The p99 of single calls while nothing else happens."""
        until = asyncio.Event()
        await self._singles_for(1.0)
        asyncio.get_running_loop().call_later(seconds, until.set)
        return sample([_p99(await self._singles(until))])

    async def _singles_for(self, seconds: float) -> None:
        until = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, until.set)
        await self._singles(until)

    def _ours(self) -> list[str]:
        return [_town(1 + self._round * self._towns + n) for n in range(self._towns)]

    async def _upload(self) -> float:
        waiting = iter(zip(self._ours(), self._sheets, strict=True))

        async def work() -> None:
            for town, body in waiting:
                url = f"{self._address}/municipalities/{town}/statuses"
                async with self._session.post(url, data=body, headers={"Content-Type": "text/csv"}) as answer:
                    assert answer.status == 200, await answer.text()
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return self._towns * self._services / (time.perf_counter() - began)

    async def _copied(self, table: str, columns: Sequence[str], sheets: Sequence[Sequence[Sequence[Any]]]) -> float:
        async with self._database.acquire() as connection:
            began = time.perf_counter()
            for rows in sheets:
                await connection.copy_records_to_table(table, columns=columns, records=rows)
            return sum(map(len, sheets)) / (time.perf_counter() - began)

    async def _singles(self, until: asyncio.Event) -> list[float]:
        took: list[float] = []
        tasks: list[asyncio.Task[None]] = []
        while not until.is_set():
            tasks.append(asyncio.create_task(self._one(took)))
            await asyncio.sleep(1 / RATE)
        await asyncio.gather(*tasks)
        return took

    async def _one(self, took: list[float]) -> None:
        number, self._single = self._single, self._single + 1
        service = _service(number % self._services)
        url = f"{self._address}/municipalities/{_town(900 + number // self._services)}/services/{service}/status"
        began = time.perf_counter()
        async with self._session.put(url, json={"phase": "planned", "effective_on": "2025-01-01"}) as answer:
            assert answer.status == 201, await answer.text()
            await answer.read()
        took.append((time.perf_counter() - began) * 1000)


@asynccontextmanager
async def importing(bench: Bench, towns: int, services: int) -> AsyncIterator[_Place]:
    """A running catalog, and sheets for it."""
    with tempfile.TemporaryDirectory() as name:
        private, public = Path(name) / "private.pem", Path(name) / "public.pem"
        generate_keys(private, public)
        port = free_port()
        address = f"http://127.0.0.1:{port}{PREFIX}"
        async with bench.postgres() as url:
            await _fill(url, [*range(1, 1 + towns * (ROUNDS + 1)), *range(900, 910)], services)
            environment = {
                "OZG_INSTALLATION": INSTALLATION,
                "OZG_CATALOG_DATABASE_URL": url,
                "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
                "OZG_PORT": str(port),
                "OZG_LOG_FORMAT": "json",
            }
            headers = {"Authorization": f"Bearer {operators_token(private)}"}
            async with (
                bench.program("-m", "catalog", "web", environment=environment, ready=f"{address}/-/health") as catalog,
                aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=300)) as session,
                asyncpg.create_pool(url, min_size=1, max_size=2) as database,
            ):
                place = _Place(session, address, database, (towns, services))
                place.peak_memory = lambda: catalog.peak_memory
                yield place


async def _fill(url: str, towns: Sequence[int], services: int) -> None:
    await migrate(url)
    context = Context(f"{INSTALLATION}/operator/{uuid7()}")
    log = Log("catalog", INSTALLATION)
    async with AppendQueue(url, log=log, keepers=keepers(), clock=lambda: datetime.now(UTC), new_id=uuid7) as queue:
        for number in towns:
            town = f"ars:{_town(number)}"
            await queue.append(
                RegisterMunicipality(
                    id=town, name=f"Stadt {number}", levels=("commune",), region="DE-SN", kind="bench"
                ),
                context,
            )
        for start in range(0, services, 500):
            wanted = [ListService(service=f"leika:{_service(n)}", title=_title(n)) for n in range(start, start + 500)]
            await asyncio.gather(*(queue.append(one, context) for one in wanted))


def _town(number: int) -> str:
    return f"14{number:010}"


def _service(number: int) -> str:
    return f"99{number:06}{number * 7919 % 1_000_000:06}"


def _title(number: int) -> str:
    return f"Leistung {number}: Antrag auf eine Genehmigung nach Satzung {number % 97}"


def _sheet(seed: int, services: int) -> bytes:
    """As clerks fill it: words and days repeat, addresses and notes do not."""
    chance = random.Random(seed)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    for number in range(services):
        phase = chance.choice(_PHASES)
        live = ("ozg-1.1", str(chance.randrange(1, 5))) if phase == "live" else ("", "")
        address = f"https://stadt-{seed}.example/dienste/{number}" if phase == "live" else ""
        day = date(2025, 1, 1) + timedelta(days=chance.randrange(600))
        note = f"Notiz {number}" if chance.random() < 0.02 else ""
        writer.writerow([_service(number), _title(number), phase, *live, day.isoformat(), "", address, "", "", note])
    return out.getvalue().encode()


def _p99(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=100, method="inclusive")[98] if len(took) > 1 else took[0]
