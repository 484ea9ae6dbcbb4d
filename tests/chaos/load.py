"""Writers on all write routes, who repeat each write under its idempotency key until it is acknowledged."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from typing import Any, Final, NamedTuple

import aiohttp

from tests.journeys.installation import Installation

PATIENCE_SECONDS: Final = 900.0
"""No measure of anything: on a busy machine all this takes many times as long."""
PAUSE_SECONDS: Final = 0.2
"""Between two writes of a story: what is broken under load shall find time to heal under it."""
AGAIN_SECONDS: Final = 0.2
OPERATOR: Final = "operator"
_COME_AGAIN: Final = (429, 502, 503, 504)


class Write(NamedTuple):
    """One call. `events` is how many events it leaves in the log, unless the answer's field `counted` says how many."""

    kind: str
    method: str
    path: str
    body: Any = None
    events: int = 1
    service: str = "catalog"
    repeatable: bool = True
    """Whether it may be sent again: it is, under the same key, until it is acknowledged."""
    by: str = OPERATOR
    counted: str = ""


Story = Generator[Write, Any, None]
"""Writes one after the other; each is answered with what the installation said, None if nobody knows. It may ask, too."""


class Acknowledged(NamedTuple):
    """What an installation has promised to keep: the correlation id finds its events."""

    write: Write
    answer: Any

    @property
    def events(self) -> int:
        """How many it left in the log."""
        if self.answer.get("outcome") == "unchanged":
            return 0
        events: int = self.answer.get(self.write.counted, self.write.events)
        return events


class Load:
    """Runs every story side by side, one write of each at a time."""

    def __init__(
        self,
        installation: Installation,
        tokens: Mapping[str, Mapping[str, str]],
        stories: Iterable[Callable[[], Story]],
        run: str,
    ) -> None:
        self.acknowledged: dict[str, Acknowledged] = {}
        self.refused: list[str] = []
        """Answers that no write of ours should get, whatever breaks."""
        self.repeated = 0
        self._installation = installation
        self._tokens = tokens
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

    async def again(self, id_: str) -> Any:
        """What is answered when somebody sends once more what was acknowledged long ago."""
        return await self._answer(self.acknowledged[id_].write, id_)

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
        answer = await self._answer(write, id_)
        if answer is not None and write.method != "GET":
            self.acknowledged[id_] = Acknowledged(write, answer)
        return answer

    async def _answer(self, write: Write, id_: str) -> Any:
        """None if it is not known whether it was kept, or it was refused."""
        headers = {**self._tokens[write.by], "X-Correlation-Id": id_}
        if write.repeatable:
            headers["Idempotency-Key"] = id_
        while (said := await self._said(write, headers)) is None:
            if not write.repeatable:
                return None
            self.repeated += 1
            await asyncio.sleep(AGAIN_SECONDS)
        status, answer = said
        if not 200 <= status < 300:
            self.refused.append(f"{write.method} {write.path} as {id_}: {status} {str(answer)[:500]}")
            return None
        return answer or {}

    async def _said(self, write: Write, headers: Mapping[str, str]) -> tuple[int, Any] | None:
        """None if there was no answer, or one that asks for patience."""
        call = self._installation.call
        try:
            said = await call(write.method, write.service, write.path, headers=headers, json=write.body)
        except (aiohttp.ClientError, TimeoutError):
            return None
        return None if said[0] in _COME_AGAIN else said
