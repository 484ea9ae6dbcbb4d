"""Long work on the event loop, half a millisecond at a time, so that whoever waits for an answer need not wait for it.

Several long works take turns: between two slices, whichever of them, the loop looks after everybody else once.
"""

import asyncio
from collections.abc import Generator, Iterator
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")
SLICE_SECONDS: Final = 0.0005


class Turns:
    """Those of one process, or of the works in it that are to share it; with longer slices one gets more of it than others."""

    def __init__(self, seconds: float = SLICE_SECONDS) -> None:
        self._turn = asyncio.Lock()
        self._seconds = seconds

    async def all_of(self, steps: Generator[None, None, T]) -> T:
        """Run work that pauses to its end; what it returns."""
        while True:
            async with self._turn:
                until = perf_counter() + self._seconds
                try:
                    while perf_counter() < until:
                        next(steps)
                except StopIteration as end:
                    result: T = end.value
                    return result
                await asyncio.sleep(0)

    async def some_of(self, items: Iterator[T]) -> list[T]:
        """What can be had in one slice; nothing at the end."""
        got: list[T] = []
        async with self._turn:
            until = perf_counter() + self._seconds
            for item in items:
                got.append(item)
                if perf_counter() >= until:
                    break
            await asyncio.sleep(0)
        return got
