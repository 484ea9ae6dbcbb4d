"""So many callers, each of whom makes its next call when the one before is answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any


async def call(act: Callable[[], Awaitable[object]], question: Mapping[str, Any]) -> dict[str, Any]:
    """`{"callers": 64, "seconds": 2}` or `{"callers": 64, "count": 10000}`; answers the rate and how long a call took."""
    deadline = time.perf_counter() + question.get("seconds", 600)
    left = question.get("count", 1 << 60)
    took: list[float] = []

    async def caller() -> None:
        nonlocal left
        began = time.perf_counter()
        while began < deadline and left > 0:
            left -= 1
            await act()
            ended = time.perf_counter()
            took.append(ended - began)
            began = ended

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(question["callers"])))
    passed = time.perf_counter() - began
    took.sort()
    return {
        "rate": len(took) / passed,
        "count": len(took),
        "p50": took[len(took) // 2] * 1000,
        "p99": took[len(took) * 99 // 100] * 1000,
    }
