"""Decided appends per second at 1, 16, 64 and 256 callers, without HTTP: one status each, through the catalog's commands and keepers.

Every status is of a cell that has none yet; the database holds the reference catalogue. The floor is a group commit of the same rows,
ready-made (`bench.appending.floor`). The peers save one event with the same content in a stream of its own. Each is a process of its
own, on one PostgreSQL with safe settings, with databases of their own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec

from bench.frame import Bench, peers
from bench.frame.programs import Program
from bench.peers import installing
from catalog import reference
from catalog.migrating import migrate
from catalog.settings import CatalogSettings
from events.log.connect import connect

LOADS = (1, 16, 64, 256)
MUST: Mapping[int, Mapping[str, float]] = {
    1: {"one plain transaction": 1.0},
    64: {"floor": 0.65, "eventsourcing": 10, "emmett": 3},
    256: {"floor": 0.55},
}
PLAIN = "peer:one plain transaction"
AT = {PLAIN: 1, "peer:eventsourcing": 64, "peer:emmett": 64}
"""Who takes part at one load only."""
CONDITIONS = "one new status each, reference catalogue, fsync on"
_LAST = "SELECT document FROM events ORDER BY position DESC LIMIT 1"


async def measure(bench: Bench) -> None:
    async with contestants(bench) as taking_part:
        for callers in bench.pick(LOADS, (1, 64)):
            samples = await bench.rounds(
                {
                    name: rate(program, callers, bench.pick(1.5, 0.6), name)
                    for name, program in taking_part.items()
                    if callers == AT.get(name, callers)
                }
            )
            bench.report(
                f"append@{callers}",
                samples["ours"],
                floor=samples["floor"],
                peers=peers(samples),
                unit="appends/s",
                must=MUST.get(callers),
                conditions=CONDITIONS,
            )


@asynccontextmanager
async def contestants(bench: Bench) -> AsyncIterator[dict[str, Program]]:
    """Running programs that answer how fast they append. A peer that cannot be had is told and left out."""
    async with AsyncExitStack() as stack:
        url, floor_url = [await stack.enter_async_context(bench.postgres()) for _ in range(2)]
        await migrate(url)
        bench.say(f"{await reference.load(CatalogSettings(database_url=url, installation='bench.example'))} events")
        ours = await stack.enter_async_context(bench.program("-m", "bench.appending.ours", url))
        await ours.ask({"callers": 64, "count": 5000})
        floor = await stack.enter_async_context(bench.program("-m", "bench.appending.floor", floor_url, url))
        found = {"ours": ours, "floor": floor, PLAIN: floor}
        if not bench.small:
            data = msgspec.json.encode(await _fact(url)).decode()
            for name, command in {"eventsourcing": _eventsourcing, "emmett": _emmett}.items():
                with bench.or_left_out(name):
                    words = await command(bench, await stack.enter_async_context(bench.postgres()), data)
                    found[f"peer:{name}"] = await stack.enter_async_context(bench.program(*words))
        yield found


def rate(program: Program, callers: int, seconds: float, name: str) -> Callable[[], Awaitable[float]]:
    """Appends per second, asked of a contestant for so many seconds."""

    async def ask() -> float:
        answer = await program.ask({"callers": callers, "seconds": seconds, "plain": name == PLAIN})
        return float(answer["rate"])

    return ask


async def _fact(url: str) -> Any:
    """What the last event says, for the peers to keep."""
    connection = await connect(url)
    try:
        return msgspec.json.decode(await connection.fetchval(_LAST))["data"]
    finally:
        await connection.close()


async def _eventsourcing(bench: Bench, url: str, data: str) -> list[str]:
    program = str(installing.HERE / "eventsourcing" / "appending.py")
    python = await installing.eventsourcing(bench.folder)
    return [python, program, url, data]


async def _emmett(bench: Bench, url: str, data: str) -> list[str]:
    return [*await installing.emmett(bench.folder), url, data]
