"""Milliseconds of the slowest of a hundred answers (p99), at 645,000 and at 64.5 million recorded cells, now and at an earlier day.

The overview, a Land, a municipality with inherited figures, a service, blind spots; about random towns, services, Länder and days of
three years, the same for both installations. Each is a progress of its own, in the product's settings, asked by a process of its own
over two connections. Nothing is written meanwhile. Progress keeps answers that are asked for again within some megabytes: of the questions, the
overview now is always the same and the Länder now are sixteen, so these are given out as they were made; the others come back too
late for that, after all of a round, but for some days of the overview. The floor is a look-up of one row by key through the very same app.
"""

from contextlib import AsyncExitStack
from typing import Final

from bench.asking.questions import FLOOR, SEED, questions, world
from bench.asking.serving import PREFIX
from bench.frame import Bench, Sample
from bench.frame.samples import sample
from bench.large.keeping import FRACTIONS, kept
from embedded.nats import free_port

CONNECTIONS: Final = 2
REQUESTS: Final = 500
CELLS: Final = {"small": "645,000 cells", "large": "64.5 million cells"}
SMALL: Final = "with 1 % of the cells"
REPEATED: Final = {
    "overview/now": ", one question again and again: a kept answer",
    "region/now": ", sixteen questions again and again: kept answers",
}
MUST: Final = 3.0
MUST_GROW: Final = 1.3

Taken = dict[tuple[str, str], list[float]]


async def measure(bench: Bench) -> None:
    """p99 in milliseconds by question and installation."""
    sizes = bench.pick(("small", "large"), ("small",))
    bench.say(f"seed {SEED}")
    part = bench.pick("p99", "p50")  # of the few that the small version asks, a hundredth is one or two answers
    taken = await asked_in_turns(bench, sizes, part, rounds=bench.pick(3, 1), requests=bench.pick(REQUESTS, 300))
    ours = sizes[-1]
    for name in dict.fromkeys(name for _, name in taken if name != FLOOR):
        bench.report(
            f"ask/{name}",
            _of(taken, ours, name),
            floor=_of(taken, ours, FLOOR),
            peers={SMALL: _of(taken, "small", name)} if ours != "small" else None,
            unit="ms",
            better="lower",
            must={"floor": MUST, SMALL: MUST_GROW},
            conditions=f"{part}, {CELLS[ours]}, {CONNECTIONS} connections, one process{REPEATED.get(name, '')}",
        )


async def asked_in_turns(
    bench: Bench, sizes: tuple[str, ...], part: str = "p99", *, rounds: int, requests: int
) -> Taken:
    """In turns: every question of both installations, again and again. The first round only warms up."""
    assert set(sizes) <= set(FRACTIONS)
    taken: Taken = {}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(kept(bench, sizes))
        load = await stack.enter_async_context(bench.program("-m", "bench.load"))
        asked = questions(await world(server.url(sizes[0])))
        ports: dict[str, int] = {}
        for size in sizes:
            ports[size] = free_port()
            ready = f"http://127.0.0.1:{ports[size]}{PREFIX}/-/health"
            serving = ("-m", "bench.asking.serving", str(ports[size]), server.url(size))
            await stack.enter_async_context(bench.program(*serving, ready=ready))
        for round_ in range(rounds + 1):
            for name, paths in asked.items():
                for size in sizes:
                    report = await load.ask(
                        {
                            "port": ports[size],
                            "connections": CONNECTIONS,
                            "requests": requests,
                            "given": {"requests": [{"path": path} for path in paths]},
                        }
                    )
                    assert set(report["counts"]) == {"200"}, (name, size, report)
                    if round_ > 0:
                        taken.setdefault((size, name), []).append(float(report[part]))
    return taken


def _of(taken: Taken, size: str, name: str) -> Sample:
    return sample(taken[size, name])
