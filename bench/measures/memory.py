"""Resident memory of each of our Python processes: idle, at most during an import, and of progress asked at 645,000 and 64.5 million cells.

Idle and importing are the three services as operators run them, with the reference catalogue: `serve`, so web and worker in one. During the import
the sheets of many districts and cities are uploaded side by side, which all three follow. Asked is progress alone, on the installations that `ask`
has filled, after some hundred questions of each kind.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from bench.asking.questions import questions, world
from bench.asking.serving import PREFIX
from bench.frame import Bench
from bench.frame.samples import sample
from bench.large.keeping import kept
from bench.measures import sheets
from embedded.nats import free_port
from tests.journeys.installation import SERVICES, Installation

MOST: Final = 200.0
MUST_GROW: Final = 1.2
EACH: Final = 300
SETTLE_SECONDS: Final = 3.0
SMALL: Final = "with 1 % of the cells"


async def measure(bench: Bench) -> None:
    """In MB, of 10⁶ bytes."""
    for name, now in (await _serving(bench)).items():
        _report(bench, f"memory/{name}", now, "serve, reference catalogue")
    sizes = bench.pick(("small", "large"), ("small",))
    asked = {size: await _asked(bench, sizes, size) for size in sizes}
    ours = sizes[-1]
    bench.report(
        "memory/progress asked",
        sample([asked[ours]]),
        peers={SMALL: sample([asked["small"]])} if ours != "small" else None,
        unit="MB",
        better="lower",
        must={"ours": MOST, SMALL: MUST_GROW},
        conditions=f"resident after {EACH} questions of each kind, {'64.5 million' if ours == 'large' else '645,000'} cells",
    )


def _report(bench: Bench, name: str, megabytes: float, conditions: str) -> None:
    bench.report(
        name, sample([megabytes]), unit="MB", better="lower", must={"ours": MOST}, conditions=f"resident, {conditions}"
    )


async def _serving(bench: Bench) -> Mapping[str, float]:
    """Idle as it is then; importing as it was at most."""
    async with sheets.installed(bench) as installation:
        await asyncio.sleep(SETTLE_SECONDS)
        found = {f"{name} idle": _resident(installation, name, "VmRSS") for name in SERVICES}
        operator = {**await installation.token("operator"), "Content-Type": "text/csv"}
        authorities = (await sheets.authorities_of(installation))[: bench.pick(60, 4)]
        await sheets.upload(installation, [await sheets.fill(installation, one) for one in authorities], operator)
        await asyncio.sleep(SETTLE_SECONDS)
        found |= {f"{name} importing": _resident(installation, name, "VmHWM") for name in SERVICES}
    return found


async def _asked(bench: Bench, sizes: tuple[str, ...], size: str) -> float:
    async with kept(bench, sizes) as server, bench.program("-m", "bench.load") as load:
        asked = questions(await world(server.url(size)))
        port = free_port()
        ready = f"http://127.0.0.1:{port}{PREFIX}/-/health"
        async with bench.program("-m", "bench.asking.serving", str(port), server.url(size), ready=ready) as serving:
            for paths in asked.values():
                await load.ask(
                    {
                        "port": port,
                        "connections": 4,
                        "requests": EACH,
                        "given": {"requests": [{"path": path} for path in paths]},
                    }
                )
            return serving.memory / 1e6


def _resident(installation: Installation, name: str, of: str) -> float:
    """As the kernel says it, in bytes."""
    return installation.services[name].memory(of) / 1e6
