"""The full sheets of the 400 districts and cities through REST: recorded, visible in progress, and again without a change.

Tells rows, seconds and rows a second for each of the two uploads, how long progress took to show the last row, and the largest resident
memory of each service. The three services run as processes of their own on a PostgreSQL and a nats-server with safe settings.
"""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bench.frame import Bench
from bench.frame.engines import passing_nats, passing_postgres
from bench.frame.samples import sample
from tests.journeys.installation import Installation

ONLY_WHEN_NAMED = True
AT_ONCE = 4
Sheet = tuple[str, bytes, int]


async def measure(bench: Bench) -> None:
    async with installed(bench) as installation:
        operator = {**await installation.token("operator"), "Content-Type": "text/csv"}
        authorities = (await authorities_of(installation))[: bench.pick(400, 10)]
        sheets = [await fill(installation, authority) for authority in authorities]
        rows = sum(count for _, _, count in sheets)
        conditions = f"{rows} rows in {len(sheets)} sheets, {AT_ONCE} at once"
        for name in ("first", "again"):
            began = time.perf_counter()
            outcome, position = await upload(installation, sheets, operator)
            took = time.perf_counter() - began
            shown = await _shown(installation, position)
            later = time.perf_counter() - began - took
            bench.say(f"{name}: {outcome}; {shown} recorded are visible in progress {later:.1f} s later")
            bench.report(f"sheets@{name}", sample([rows / took]), unit="rows/s", conditions=conditions)
        for name, service in installation.services.items():
            memory = sample([service.peak_memory / 2**20])
            bench.report(f"sheets memory@{name}", memory, unit="MiB", better="lower", conditions="resident at most")


@asynccontextmanager
async def installed(bench: Bench) -> AsyncIterator[Installation]:
    with passing_postgres(bench.folder) as postgres, passing_nats(bench.folder) as nats:
        installation = Installation(postgres, nats, postgres.log.parent)
        try:
            await installation.start()
            yield installation
        finally:
            await installation.stop()


async def authorities_of(installation: Installation) -> list[str]:
    """Every authority that is a district, cities among them."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await installation.get("catalog", "/municipalities", level="district", limit=1000, **after)
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def fill(installation: Installation, authority: str) -> Sheet:
    text = await installation.get("catalog", f"/municipalities/{authority}/statuses", format="csv")
    return authority, *filled(text)


def filled(text: str, effective_on: str = "2026-10-01") -> tuple[bytes, int]:
    """A sheet as downloaded, with every row filled in, and how many rows it has."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";" if ";" in text[:200] else ",")
    out = io.StringIO()
    writer = csv.DictWriter(out, reader.fieldnames or [])
    writer.writeheader()
    count = 0
    for row in reader:
        component = row["service"].startswith("basis:")
        assessed = {} if component else {"maturity_model": "ozg-1.1", "maturity_level": "3"}
        left_out = dict.fromkeys(("solution", "reason", "expected_live_on"), "")
        writer.writerow({**row, **left_out, "phase": "live", "effective_on": effective_on, **assessed})
        count += 1
    return out.getvalue().encode(), count


async def upload(
    installation: Installation, sheets: Sequence[Sheet], headers: dict[str, str]
) -> tuple[dict[str, int], int]:
    waiting = iter(sheets)
    total = {"recorded": 0, "unchanged": 0, "refused": 0}
    position = 0

    async def work() -> None:
        nonlocal position
        for authority, body, _ in waiting:
            status, answer = await installation.call(
                "POST", "catalog", f"/municipalities/{authority}/statuses", headers=headers, data=body
            )
            assert status == 200, (status, answer)
            for outcome in total:
                total[outcome] += answer[outcome]
            position = max(position, answer["position"])

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return total, position


async def _shown(installation: Installation, position: int) -> Any:
    overview = await installation.get("progress", "/overview", at_least=position)
    return overview["online"]["recorded"]
