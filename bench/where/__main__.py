"""`python -m bench.where append import live alert`: where the processor's time goes in a measure, by process, and a live write's delay by stage.

Run on a quiet machine; the share of a core tells how much of the two was free.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bench.frame import Bench
from bench.frame.programs import Program
from bench.frame.running import FOLDER
from bench.measures import alert, append, import_, live
from bench.where import stages
from bench.where.processor import spent

Work = Callable[[], Awaitable[float]]
CALLERS: Final = 64


async def main(chosen: list[str]) -> None:
    for name in chosen:
        bench = Bench(FOLDER)
        try:
            await MEASURES[name](bench)
        finally:
            await bench.close()


async def _append(bench: Bench) -> None:
    async with append.contestants(bench) as programs:
        rates = {name: append.rate(programs[name], CALLERS, 3.0, name) for name in ("ours", "floor")}
        for warming_up in rates.values():
            await warming_up()
        for name, rate in rates.items():
            await _tell(f"append@{CALLERS}, {name}", rate, _rate)


async def _import(bench: Bench) -> None:
    async with import_.importing(bench, 20, 6000) as place:
        await place.ours()
        await _tell("import, a row", place.ours, lambda *_: 20 * 6000)


async def _alert(_: Bench) -> None:
    async with alert.openings(alert.MUNICIPALITIES) as opened:
        await opened.ours()
        await _tell("alert, a delivery", opened.ours, lambda *_: alert.MUNICIPALITIES)


async def _live(bench: Bench) -> None:
    with tempfile.TemporaryDirectory() as name:
        noting = _Noting(bench.folder, Path(name))
        try:
            async with live.parties(noting) as (_, writer, watcher, job):
                answers: list[Any] = []

                async def write() -> float:
                    answers[:] = (await writer.ask(job))["answers"]
                    return len(answers)

                await live.delays(writer, watcher, job)
                await _tell(f"live, a write at {live.RATE}/s", write, lambda count, _: count)
                seen = (await watcher.ask({"until": max(position for _, position in answers)}))["seen"]
                for line in stages.told(Path(name), answers, seen):
                    _say(f"  {line}")
        finally:
            await noting.close()


class _Noting(Bench):
    """Serves catalog and progress by programs that note moments."""

    def __init__(self, folder: Path, moments: Path) -> None:
        super().__init__(folder)
        self._moments = moments

    @asynccontextmanager
    async def program(
        self, *command: str, environment: Mapping[str, str] | None = None, ready: str | None = None
    ) -> AsyncIterator[Program]:
        if command[1] in {"catalog", "progress"}:
            command = ("-m", "bench.where.stages", command[1], str(self._moments / f"{command[1]}.moments"))
        async with AsyncExitStack() as stack:
            yield await stack.enter_async_context(super().program(*command, environment=environment, ready=ready))


async def _tell(what: str, work: Work, things: Callable[[float, float], float]) -> None:
    found = await spent(work, things)
    _say(f"{what}: {found.things / found.seconds:,.0f}/s, {found.seconds:.1f} s")
    for line in found.lines():
        _say(f"  {line}")


def _rate(rate: float, seconds: float) -> float:
    return rate * seconds


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


MEASURES: Final[Mapping[str, Callable[[Bench], Awaitable[None]]]] = {
    "append": _append, "import": _import, "live": _live, "alert": _alert,
}  # fmt: skip

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.where", description=__doc__)
    parser.add_argument("measure", nargs="+", choices=MEASURES)
    asyncio.run(main(parser.parse_args().measure))
