"""Reads a job a line, answers a report a line."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from bench.frame.answering import answer
from bench.load.driving import Drive
from bench.load.job import Job
from bench.load.scenarios import ALL
from edge import serving


async def main() -> None:
    """A scenario is begun once, and goes on with the next job that asks for it."""
    begun: dict[bytes, Iterator[bytes]] = {}

    async def handle(question: Mapping[str, Any]) -> Mapping[str, Any]:
        job = msgspec.convert(question, Job)
        name = msgspec.json.encode([job.scenario, job.given])
        if name not in begun:
            begun[name] = await ALL[job.scenario](**job.given)
        built: Mapping[str, Any] = msgspec.to_builtins(await Drive(job, begun[name]).run())
        return built

    await answer(handle)


if __name__ == "__main__":
    serving.run(main())
