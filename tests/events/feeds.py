"""Feeds to follow in tests: the log itself, and the same over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

from events.bus.feed import PAGE_LIMIT, FeedUnavailable, Page
from tests.events.a_log import ALog


class LogFeed:
    """Reads a log directly; `down = True` makes it fail, `most` limits a page."""

    def __init__(self, log: ALog, most: int = PAGE_LIMIT) -> None:
        self.log = log
        self.most = most
        self.down = False
        self.asked: list[int] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def page(self, after: int, limit: int = PAGE_LIMIT) -> Page:
        await asyncio.sleep(0)
        if self.down:
            raise FeedUnavailable("the feed is down")
        self.asked.append(after)
        head = await self.log.head()
        return Page(await self.log.documents(after, min(limit, self.most)), head)


@asynccontextmanager
async def served(log: ALog, *, refuse: list[int] | None = None) -> AsyncIterator[str]:
    """The address of an HTTP feed; the first answers are the statuses in `refuse`."""
    refusals = iter(refuse or [])

    async def events(request: web.Request) -> web.Response:
        status = next(refusals, 200)
        if status != 200:
            return web.Response(status=status, text="no")
        after, limit = int(request.query["after"]), int(request.query["limit"])
        head = await log.head()
        documents = await log.documents(after, limit)
        return web.Response(
            body=b"[" + b",".join(documents) + b"]",
            content_type="application/cloudevents-batch+json",
            headers={"X-Head-Position": str(head)},
        )

    application = web.Application()
    application.router.add_get("/api/catalog/v1/events", events)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/api/catalog/v1"
    finally:
        await runner.cleanup()
