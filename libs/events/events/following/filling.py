"""Read a log from its beginning as fast as it can be written down: fetching, decoding and writing go on side by side."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from typing import NamedTuple

from events.bus.feed import PAGE_LIMIT, Source
from events.following.applying import Halted, Poison
from events.following.follower import FollowerStatus, Progress
from events.following.heard import Heard, Told, page_told

Write = Callable[[Sequence[Heard]], Awaitable[None]]


class Filled(NamedTuple):
    """The last event that was written."""

    position: int
    event_id: str


async def fill(
    feed: Source,
    source: str,
    write: Write,
    *,
    skipped: Collection[int] = (),
    show: Progress | None = None,
    page: int = PAGE_LIMIT,
) -> Filled:
    """Hand every event to `write`, in order and a page at a time, until the log ends. Raises Halted at one it cannot read."""
    reached, writing = Filled(0, ""), None
    try:
        async with contextlib.aclosing(_pages(feed, page)) as pages:
            async for documents, head in pages:
                told = page_told(documents, reached.position, source)
                heard = _heard(told, skipped)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(_write(write, heard))
                reached = Filled(told[-1].position, told[-1].id)
                if show is not None:
                    show(
                        FollowerStatus(state="catching-up", position=reached.position, head=max(head, reached.position))
                    )
        if writing is not None:
            await writing
    finally:
        if writing is not None and not writing.done():
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
    return reached


async def _pages(feed: Source, limit: int) -> AsyncGenerator[tuple[list[bytes], int]]:
    """One page ahead of whoever asks, until one is empty."""
    after = 0
    coming = asyncio.create_task(feed.page(after, limit))
    try:
        while True:
            documents, head = await coming
            if not documents:
                return
            after += len(documents)
            coming = asyncio.create_task(feed.page(after, limit))
            yield documents, head
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _write(write: Write, heard: Sequence[Heard]) -> None:
    await write(heard)


def _heard(told: Sequence[Told], skipped: Collection[int]) -> list[Heard]:
    """What was understood; an event an operator left out is left out."""
    heard: list[Heard] = []
    for one in told:
        if one.position in skipped:
            continue
        if one.heard is None:
            raise Halted(str(Poison(one, one.trouble or ValueError("not understood"))))
        heard.append(one.heard)
    return heard
