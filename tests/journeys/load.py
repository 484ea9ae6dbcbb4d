"""Writers who repeat each write under its idempotency key until it is acknowledged, whatever breaks meanwhile."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp

from tests.journeys.installation import Installation


class Cell(NamedTuple):
    """One service in one town."""

    town: str
    service: str

    @property
    def subject(self) -> str:
        return f"{self.town}/{self.service}"


class Load:
    """Records `live` for one cell after the other; `acknowledged` says which, and at which position."""

    def __init__(self, installation: Installation, cells: Iterator[Cell], headers: dict[str, str]) -> None:
        self._installation = installation
        self._cells = cells
        self._headers = headers
        self._stopping = asyncio.Event()
        self.acknowledged: dict[Cell, int] = {}
        self.repeated = 0

    @asynccontextmanager
    async def writing(self, writers: int = 6) -> AsyncIterator[None]:
        """Write in the background; on leaving, every write that was begun is acknowledged."""
        async with asyncio.TaskGroup() as group:
            for _ in range(writers):
                group.create_task(self._write())
            try:
                yield
            finally:
                self._stopping.set()

    async def more(self, count: int) -> None:
        """Until that many more are acknowledged, so that a fault hits a running load."""
        goal = len(self.acknowledged) + count
        async with asyncio.timeout(90):
            while len(self.acknowledged) < goal:  # noqa: ASYNC110 - a count that many writers move has no one event
                await asyncio.sleep(0.02)

    async def _write(self) -> None:
        for cell in self._cells:
            if self._stopping.is_set():
                return
            while not await self._record(cell):
                self.repeated += 1
                await asyncio.sleep(0.2)

    async def _record(self, cell: Cell) -> bool:
        body = {
            "phase": "live",
            "maturity": {"model": "ozg-1.1", "level": 3},
            "effective_on": "2026-10-01",
            "basis": {"kind": "self"},
        }
        path = f"/municipalities/{cell.town}/services/{cell.service}/status"
        headers = {**self._headers, "Idempotency-Key": f"load-{cell.subject}"}
        try:
            status, answer = await self._installation.call("PUT", "catalog", path, headers=headers, json=body)
        except (aiohttp.ClientError, TimeoutError):
            return False
        if status == 503:
            return False
        assert status == 201, (status, answer)
        self.acknowledged[cell] = answer["position"]
        return True


async def cells_of(installation: Installation, region: str) -> Iterator[Cell]:
    """Every commune of the region with every countable commune service, town by town within a service."""
    towns = [item["id"] for item in await _all(installation, "/municipalities", region=region, level="commune")]
    services = [item["key"] for item in await _all(installation, "/services", level="commune") if item["countable"]]
    return iter([Cell(town, service) for service, town in itertools.product(services, towns)])


async def _all(installation: Installation, path: str, **query: str) -> list[dict[str, str]]:
    items: list[dict[str, str]] = []
    after: str | None = None
    while True:
        page = await installation.get("catalog", path, limit=1000, **query, **({"after": after} if after else {}))
        items += page["items"]
        after = page["next"]
        if after is None:
            return items
