"""Sees how far progress is, from outside, every millisecond: `{"until": 5000}` is answered with when each position was first seen.

python -m bench.live.watching postgresql://…progress
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from bench.frame.answering import answer
from edge import serving
from events.log.connect import connect

EVERY: Final = 0.001
_POSITION = "SELECT position FROM live.followers WHERE name = 'progress'"


async def main(database_url: str) -> None:
    connection = await connect(database_url)
    look = await connection.prepare(_POSITION)
    seen: list[tuple[float, int]] = []

    async def watch() -> None:
        """A position counts from when the answer that tells it is there."""
        while True:
            position = await look.fetchval() or 0
            if not seen or position > seen[-1][1]:
                seen.append((time.monotonic(), position))
            await asyncio.sleep(EVERY)

    async def handle(question: Mapping[str, Any]) -> Mapping[str, Any]:
        deadline = time.monotonic() + question.get("seconds", 60)
        while not seen or seen[-1][1] < question["until"]:
            if time.monotonic() > deadline or watching.done():
                raise TimeoutError(f"progress is at {seen[-1:]}")
            await asyncio.sleep(0.02)
        told = seen[:-1]
        del seen[:-1]
        return {"seen": [*told, *seen]}

    watching = asyncio.create_task(watch())
    await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
