"""Pages of a feed, the next one fetched while the one before is applied."""

import asyncio
from types import TracebackType
from typing import Self

from events.bus.feed import Page, Source


class Ahead:
    """Asks for a page before it is needed, if asked for that one afterwards; any other is fetched then."""

    def __init__(self, feed: Source, limit: int) -> None:
        self._feed = feed
        self._limit = limit
        self._after = -1
        self._fetching: asyncio.Task[Page] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._give_up()

    def fetch(self, after: int) -> None:
        """What follows that position will be asked for."""
        if self._fetching is None:
            self._after = after
            self._fetching = asyncio.create_task(self._feed.page(after, self._limit))

    async def page(self, after: int) -> Page:
        """Raises what the feed raises."""
        if self._fetching is None or self._after != after:
            await self._give_up()
            return await self._feed.page(after, self._limit)
        page = await self._fetching
        self._fetching = None
        return page

    async def _give_up(self) -> None:
        fetching, self._fetching = self._fetching, None
        if fetching is not None:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
