"""The append queue: one per process. It takes what is waiting, never waits for more, and commits it in one transaction.

While one half of the callers' commands is written, the other half is decided, on top of what is being written. That holds
if nobody else appends in between, which the database checks; else the batch is decided again under the head's lock. An
answer is given only after the commit (`synchronous_commit=on`). When the database refuses a batch it is split in halves
until only the bad command fails.
"""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

import asyncpg
import structlog

from events.deciding import Answer, Command, Key
from events.log.batch import (
    Batch,
    Earlier,
    Idempotency,
    IdempotencyKeyReused,
    Identity,
    Keeper,
    Request,
    WrongVersion,
)
from events.log.storage import PASSING, UNANSWERED, HeadMoved, Storage, asked, needed
from events.log.waiting import StorageUnavailable, Unstorable, Waiting
from events.log.write import Clock, Context, Log, NewId

__all__ = [
    "AppendQueue",
    "Context",
    "Idempotency",
    "IdempotencyKeyReused",
    "Keeper",
    "Log",
    "StorageUnavailable",
    "Unstorable",
    "WrongVersion",
]

log = structlog.get_logger(__name__)

MOST_KEYS = 4096
"""A batch takes commands until they need this many states; a larger command is a batch of its own."""
WORTH_HALVING = 16
"""So few commands are not worth two commits."""
MOST_WAITING = 10_000
MOST_REMEMBERED = 100_000
WAIT_LIMIT = 30.0
"""Seconds until a caller is told that the storage does not answer."""
_GONE = "the database did not answer; repeat the request with its Idempotency-Key"
_STOPPING = "the service is stopping"


class Reserved(Protocol):
    """Positions and keys that somebody is writing to; commands that are not admitted wait until it is over."""

    over: asyncio.Event

    def admits(self, keys: Sequence[Key]) -> bool:
        """Whether a command on these keys may go on; if so, there is less room for the next."""


class AppendQueue:
    """Use as `async with AppendQueue(…) as queue: answer = await queue.append(command, context)`."""

    def __init__(
        self,
        url: str,
        *,
        log: Log,
        keepers: Sequence[Keeper],
        clock: Clock,
        new_id: NewId,
        on_append: Callable[[], None] | None = None,
    ) -> None:
        """`on_append` is called after each commit that wrote something, to wake a relay in the same process."""
        self.log = log
        self._keepers = {keeper.kind: keeper for keeper in keepers}
        self._storage = Storage(url, log, self._keepers)
        self._clock = clock
        self._new_id = new_id
        self._on_append = on_append
        self._waiting: deque[Waiting] = deque()
        self._some = asyncio.Event()
        self._taken: list[Sequence[Waiting]] = []
        self._writing: asyncio.Task[None] | None = None
        self._ahead: Batch | None = None
        self._seen: int | None = None
        self._remembered: dict[Key, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.reserved: Reserved | None = None
        """What a bulk is writing ahead of the head (see bulk.py)."""

    @property
    def depth(self) -> int:
        """How many commands wait."""
        return len(self._waiting)

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._run(), name="append-queue"),
            asyncio.create_task(self._watch(), name="append-queue-limit"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._tasks, *([self._writing] if self._writing is not None else ())):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for waiting in self._unanswered():
            waiting.fail(StorageUnavailable(_STOPPING))
        await self._storage.close()

    async def append(
        self,
        command: Command,
        context: Context,
        *,
        idempotency: Idempotency | None = None,
        expected: tuple[Key, int] | None = None,
    ) -> Answer:
        """Decide and keep. Raises Refusal, WrongVersion, IdempotencyKeyReused, Unstorable, StorageUnavailable."""
        keys = [*command.keys()] if expected is None else [*command.keys(), expected[0]]
        while self.reserved is not None and not self.reserved.admits(keys):
            await self.reserved.over.wait()
        if len(self._waiting) >= MOST_WAITING:
            raise StorageUnavailable("too many commands are waiting")
        loop = asyncio.get_running_loop()
        request = Request(command, keys, context, idempotency, expected)
        waiting = Waiting(request, loop.create_future(), loop.time())
        self._waiting.append(waiting)
        self._some.set()
        return await waiting.future

    def passed(self, position: int) -> None:
        """A bulk moved the head there and changed nothing that is remembered."""
        self._ahead, self._seen = None, position
        if self._on_append is not None:
            self._on_append()

    async def _run(self) -> None:
        while True:
            taken = await self._next_batch()
            decided = await self._decide([waiting.request for waiting in taken])
            await self._written()
            if decided is not None and decided is self._ahead:
                writing = self._finish(taken, self._write(decided), alone=False)
                self._writing = asyncio.create_task(writing, name="append-queue-writing")
            else:
                await self._finish(taken, self._alone(taken))

    async def _finish(self, taken: Sequence[Waiting], keeping: Awaitable[Batch], *, alone: bool = True) -> None:
        await self._keep(taken, keeping, alone=alone)
        self._taken.remove(taken)

    async def _next_batch(self) -> Sequence[Waiting]:
        """What is waiting now, but no more than half of all who have no answer yet: the other half is decided meanwhile."""
        await self._some.wait()
        most = max(WORTH_HALVING, (len(self._waiting) + sum(map(len, self._taken)) + 1) // 2)
        batch: list[Waiting] = []
        keys = 0
        while self._waiting and len(batch) < most and keys < MOST_KEYS:
            waiting = self._waiting.popleft()
            if not waiting.future.done():  # its caller has not gone
                batch.append(waiting)
                keys += len(waiting.request.keys)
        if not self._waiting:
            self._some.clear()
        self._taken.append(batch)
        return batch

    async def _decide(self, requests: Sequence[Request]) -> Batch | None:
        """On top of what is being written. None: it takes the head's lock."""
        if self._ahead is None or self._ahead.quoted:
            await self._written()
        before = self._ahead
        try:
            keys = needed(requests)
            known = self._known(keys)
            loaded = await self._storage.load(keys.difference(known), asked(requests))
        except Exception as error:  # noqa: BLE001  whatever it is: decided alone, it is told to whom it concerns
            log.info("cannot read ahead", error=repr(error))
            self._storage.distrust("reading")
            return None
        if self._ahead is not before or (before is None and self._seen not in {None, loaded.head}):
            return None  # others append too
        self._remember(loaded.states)
        head, earlier = loaded.head, loaded.earlier
        if before is not None:
            head = before.position
            earlier.update(before.answered)
        batch = self._batch(requests, head, loaded.states | known, earlier)
        if batch.answered and not batch.written:
            return None  # an answer alone does not move the head, so nothing would tell that others did
        if batch.quoted:
            self._remembered.clear()
        self._ahead = batch
        return batch

    def _batch(
        self, requests: Sequence[Request], head: int, states: dict[Key, Any], earlier: dict[Identity, Earlier]
    ) -> Batch:
        batch = Batch(self.log, head, states, earlier, self._keepers, self._clock, self._new_id)
        batch.take(requests)
        return batch

    def _known(self, keys: Set[Key]) -> dict[Key, Any]:
        """States that need not be read: what is being written, and what everybody asks for."""
        known = {key: self._remembered[key] for key in keys if key in self._remembered}
        if self._ahead is not None:
            known.update({key: self._ahead.states[key] for key in keys & self._ahead.changed})
        return known

    def _remember(self, loaded: Mapping[Key, Any]) -> None:
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered.update({key: state for key, state in loaded.items() if self._keepers[key.kind].remembered})

    def _forget(self) -> None:
        """What this process knows holds only while nobody else appends and everything it decided is kept."""
        self._ahead = None
        self._remembered.clear()

    async def _written(self) -> None:
        """Until nothing is being written."""
        if self._writing is not None:
            await self._writing
            self._writing = None

    async def _write(self, batch: Batch) -> Batch:
        await self._storage.write(batch)
        return batch

    async def _alone(self, taken: Sequence[Waiting]) -> Batch:
        """Decided and written under the head's lock."""
        self._forget()
        requests = [waiting.request for waiting in taken]
        batch = await self._storage.decide_and_write(requests, partial(self._batch, requests))
        self._seen = batch.position
        return batch

    async def _keep(self, taken: Sequence[Waiting], keeping: Awaitable[Batch], *, alone: bool = True) -> None:
        """Await that, and tell everyone how it went."""
        try:
            batch = await keeping
        except (*UNANSWERED, *PASSING) as lost:
            await self._lose(taken, lost)
        except (HeadMoved, asyncpg.PostgresError) as refused:
            if not alone:
                await self._keep(taken, self._alone(taken))
            elif len(taken) > 1:
                middle = len(taken) // 2
                for half in (taken[:middle], taken[middle:]):
                    await self._keep(half, self._alone(half))
            else:
                log.warning("command refused by the database", error=str(refused))
                taken[0].fail(Unstorable(str(refused)))
        except Exception as mistake:
            log.exception("append failed")
            await self._lose(taken, mistake)
        else:
            for waiting, result in zip(taken, batch.results, strict=True):
                waiting.settle(result)
            if batch.written and self._on_append is not None:
                self._on_append()

    async def _lose(self, batch: Sequence[Waiting], error: Exception) -> None:
        """The outcome is not known: say so to everyone, and begin again with new connections."""
        log.warning("append connection lost", error=repr(error), commands=len(batch))
        self._forget()
        await self._storage.close()
        for waiting in batch:
            waiting.fail(StorageUnavailable(_GONE))

    async def _watch(self) -> None:
        """One clock for all who wait, because a timer for each costs as much as a decision."""
        while True:
            await asyncio.sleep(1)
            overdue = asyncio.get_running_loop().time() - WAIT_LIMIT
            for waiting in self._unanswered():
                if waiting.since < overdue:
                    waiting.fail(StorageUnavailable(f"the database did not answer within {WAIT_LIMIT:.0f} s"))

    def _unanswered(self) -> list[Waiting]:
        return [*itertools.chain(self._waiting, *self._taken)]
