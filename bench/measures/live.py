"""Milliseconds from the 2xx of a write until progress has it, at 300 writes a second, over real processes and engines.

`python -m catalog serve` and `python -m progress serve` as operators run them; a process of its own writes first statuses of scattered cells
at a fixed rate, another looks every millisecond how far progress has come. The floor, one event after the other: an INSERT and its
commit, a publish with its acknowledgement, a receipt, an UPSERT and its commit.
"""

from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, NamedTuple

from bench.frame import Bench, Sample
from bench.frame.programs import Program
from bench.frame.samples import sample
from bench.live.installation import Installation, installed

RATE: Final = 300
MOST_MS: Final = 1000.0
CONDITIONS = f"{RATE} writes/s, reference catalogue, fsync on, sync_interval always"


class Spread(NamedTuple):
    """Of one round, in milliseconds."""

    p50: float
    p99: float
    most: float


async def measure(bench: Bench) -> None:
    async with contestants(bench) as taking_part:
        rounds: dict[str, list[Spread]] = {name: [] for name in taking_part}

        def once(name: str, take: Callable[[], Awaitable[list[float]]]) -> Callable[[], Awaitable[float]]:
            async def act() -> float:
                rounds[name].append(spread(await take()))
                return rounds[name][-1].p99

            return act

        times = bench.pick(4, 2)
        await bench.rounds({name: once(name, take) for name, take in taking_part.items()}, times=times)

    def of(name: str, part: Callable[[Spread], float]) -> Sample:
        return sample([part(one) for one in rounds[name][1:]])

    parts: dict[str, Callable[[Spread], float]] = {
        "p50": lambda one: one.p50,
        "p99": lambda one: one.p99,
        "max": lambda one: one.most,
    }
    must = {"p50": {}, "p99": {"floor": 3.0}, "max": {"ours": MOST_MS}}
    for name, part in parts.items():
        bench.report(
            f"live {name}",
            of("ours", part),
            floor=of("floor", part),
            unit="ms",
            better="lower",
            must=must[name],
            conditions=CONDITIONS,
        )


class Parties(NamedTuple):
    """Who takes part: the installation, who writes, who watches, and what the writer is asked for."""

    installation: Installation
    writer: Program
    watcher: Program
    job: dict[str, float]

    async def delays(self) -> list[float]:
        """Of a stretch of writes, in seconds."""
        return await delays(self.writer, self.watcher, self.job)


@asynccontextmanager
async def parties(bench: Bench) -> AsyncIterator[Parties]:
    """Warm: progress has the catalogue, and some writes were made."""
    async with installed(bench) as installation, AsyncExitStack() as stack:
        database, *others = installation.catalog_database, installation.prefix, installation.token
        writing = bench.program("-m", "bench.live.writing", database, *others)
        writer = await stack.enter_async_context(writing)
        watching = bench.program("-m", "bench.live.watching", installation.progress_database)
        watcher = await stack.enter_async_context(watching)
        await watcher.ask({"until": installation.head, "seconds": 120})
        job = {"port": installation.catalog_port, "rate": RATE, "seconds": bench.pick(6.0, 2.0)}
        await delays(writer, watcher, {**job, "seconds": 1})
        yield Parties(installation, writer, watcher, job)


@asynccontextmanager
async def contestants(bench: Bench) -> AsyncIterator[dict[str, Callable[[], Awaitable[list[float]]]]]:
    """Each answers delays in seconds."""
    async with parties(bench) as taking_part, bench.postgres() as database:
        installation = taking_part.installation
        words = ("-m", "bench.live.floor", database, installation.nats_url, installation.catalog_database)
        async with bench.program(*words) as program:

            async def floor() -> list[float]:
                return [float(took) for took in (await program.ask({"seconds": taking_part.job["seconds"]}))["took"]]

            yield {"ours": taking_part.delays, "floor": floor}


async def delays(writer: Program, watcher: Program, job: dict[str, float]) -> list[float]:
    """Of each write: from its answer until a position at or behind its own was seen."""
    return await behind(watcher, (await writer.ask(job))["answers"])


async def behind(watcher: Program, answers: Sequence[tuple[float, int]]) -> list[float]:
    """The same of writes that were answered at those times with those positions."""
    last = max(position for _, position in answers)
    seen = (await watcher.ask({"until": last}))["seen"]
    positions = [position for _, position in seen]
    return [max(0.0, seen[bisect_left(positions, position)][0] - when) for when, position in answers]


def spread(took: list[float]) -> Spread:
    ordered = sorted(took)
    return Spread(1000 * ordered[len(ordered) // 2], 1000 * ordered[int(len(ordered) * 0.99)], 1000 * ordered[-1])
