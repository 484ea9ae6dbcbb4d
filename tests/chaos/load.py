"""Writers on all write routes, who repeat each write under its idempotency key until it is acknowledged."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, NamedTuple

import aiohttp

from tests.chaos.world import World

PATIENCE_SECONDS = 150.0
PAUSE_SECONDS = 0.05
AGAIN_SECONDS = 0.2


class Write(NamedTuple):
    """One call. `events` is how many events it leaves in the log if it is the first to come."""

    kind: str
    method: str
    path: str
    body: Any = None
    events: int = 1
    service: str = "catalog"
    repeatable: bool = True
    """Whether it may be sent again: it is, under the same key, until it is acknowledged."""


Story = Generator[Write, Any, None]
"""Writes one after the other; each is answered with what the installation said, None if nobody knows."""


class Acknowledged(NamedTuple):
    """What an installation has promised to keep: the correlation id finds its events."""

    write: Write
    answer: Any


class Load:
    """Runs every story side by side, one write of each at a time."""

    def __init__(self, world: World, stories: list[Callable[[], Story]], run: str) -> None:
        self.acknowledged: dict[str, Acknowledged] = {}
        self.repeated = 0
        self._world = world
        self._stories = stories
        self._run = run
        self._numbers = itertools.count(1)
        self._may_write = asyncio.Event()
        self._under_way = 0

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """In the background; on leaving, every write that was begun is acknowledged."""
        self._may_write.set()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._tell(story())) for story in self._stories]
            yield
            await self.pause()
            for task in tasks:
                task.cancel()

    async def pause(self) -> None:
        """Until nothing is under way any more."""
        self._may_write.clear()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._under_way:  # noqa: ASYNC110 - a count that many writers move has no one event
                await asyncio.sleep(0.02)

    def go_on(self) -> None:
        self._may_write.set()

    async def more(self, count: int) -> None:
        """Until that many more are acknowledged, so that a fault hits a running load."""
        goal = len(self.acknowledged) + count
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.acknowledged) < goal:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)

    async def _tell(self, story: Story) -> None:
        write = next(story)
        while True:
            await self._may_write.wait()
            self._under_way += 1
            try:
                answer = await self._keep(write)
            finally:
                self._under_way -= 1
            await asyncio.sleep(PAUSE_SECONDS)
            write = story.send(answer)

    async def _keep(self, write: Write) -> Any:
        id_ = f"{self._run}-{write.kind.replace(' ', '-')}-{next(self._numbers)}"
        headers = {**self._world.operator, "X-Correlation-Id": id_}
        if write.repeatable:
            headers["Idempotency-Key"] = id_
        while (answer := await self._said(write, headers)) is None:
            self.repeated += 1
            if not write.repeatable:
                return None
            await asyncio.sleep(AGAIN_SECONDS)
        self.acknowledged[id_] = Acknowledged(write, answer)
        return answer

    async def _said(self, write: Write, headers: dict[str, str]) -> Any:
        """The answer, or None if nobody knows whether it was kept."""
        call = self._world.installation.call
        try:
            status, answer = await call(write.method, write.service, write.path, headers=headers, json=write.body)
        except (aiohttp.ClientError, TimeoutError):
            return None
        if status in (429, 502, 503, 504):
            return None
        assert 200 <= status < 300, (write, status, answer)
        return answer or {}
