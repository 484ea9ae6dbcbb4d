"""Appending thousands of events at once, all or none, while everybody else goes on appending.

Held under the head's lock, six thousand events would make all others wait for a tenth of a second. So they are **written ahead**:
beyond a gap behind the head, in a transaction that does not hold the head. Others append into the gap meanwhile, as ever.
At the end the head is locked, what is left of the gap is filled with events that were held back for it, the head passes what was
written ahead, the remaining ones follow, and all becomes visible with one commit. The log is gapless and in commit order at every
moment, and the lock is held for the few that were held back.

What the events were decided on is asked of the log itself: if one of the streams they depend on has moved since, nothing is written
and `Moved` is raised. So it is when others needed more room than the gap has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import msgspec

from events.deciding import Answer, Key
from events.log.ahead import Bulk, Moved, Tools, Writing, split
from events.log.append import AppendQueue, StorageUnavailable, Unstorable
from events.log.batch import Idempotency, IdempotencyKeyReused, Keeper
from events.log.connect import Connection, connect
from events.log.storage import PASSING, UNANSWERED
from events.log.write import Clock, Context, Log, NewId
from events.turns import Turns

__all__ = ["Bulk", "BulkAppender", "Moved", "answered"]

LEAST_GAP: Final = 32
MOST_GAP: Final = 1024
"""Positions for the others: four times what they needed last time, within these. What they leave is filled under the head's lock."""
_WAIT_SECONDS: Final = 60.0
_EVENTS_A_COMMAND: Final = 2
"""As most say one, and some two; who says more makes the bulk give way."""
# The lock's limit is shorter than `deadlock_timeout`, so that of two who wait for each other it is the bulk that gives way.
_SETTINGS = {
    "synchronous_commit": "on",
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
    "work_mem": "32MB",
    "lock_timeout": "700ms",
}
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('written ahead'))"
_HEAD = "SELECT position FROM heads WHERE log = $1"
# Any commit that waits for the disk takes with it what others wrote before; this one writes nothing but a few bytes of its own.
_FLUSH = "SELECT pg_logical_emit_message(true, 'written ahead', '')"
_EARLIER = "SELECT digest, answer FROM idempotency_keys WHERE scope = $1 AND key = $2"
_REMEMBER = "INSERT INTO idempotency_keys (scope, key, digest, answer, time) VALUES ($1, $2, $3, $4, now())"
_CONFLICTS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
)


class _Reserved:
    """Commands on the same keys would wait in the database with the head in their hands; and the gap is not endless."""

    def __init__(self, keys: Iterable[Key], room: int) -> None:
        self.over = asyncio.Event()
        self.exhausted = False
        self._keys = frozenset(keys)
        self._room = room
        self._closing = False

    def admits(self, keys: Sequence[Key]) -> bool:
        """Unless it is about the same, or there may not be enough room, or it would only wait for the head's lock."""
        self.exhausted = self.exhausted or (self._room <= 0 and not self._closing)
        if self._closing or self._room <= 0 or not self._keys.isdisjoint(keys):
            return False
        self._room -= _EVENTS_A_COMMAND
        return True

    def close(self) -> None:
        """The head is about to be locked: whoever was decided now would have to be decided again."""
        self._closing = True


class BulkAppender:
    """Beside the append queue, on a connection of its own; one bulk at a time."""

    def __init__(
        self,
        url: str,
        queue: AppendQueue,
        *,
        log: Log,
        keepers: Sequence[Keeper],
        clock: Clock,
        new_id: NewId,
        turns: Turns,
        on_append: Callable[[], None] | None = None,
    ) -> None:
        self._log = log
        self._tools = Tools(log, {keeper.kind: keeper for keeper in keepers}, clock, new_id, turns)
        self._url = url
        self._queue = queue
        self._on_append = on_append
        self._one = asyncio.Lock()
        self._connections: dict[str, Connection] = {}
        self._gap = LEAST_GAP

    async def append(
        self,
        bulk: Bulk,
        context: Context,
        reply: Callable[[int], Answer],
        *,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Keep them all; `reply` gets the log's position after them. Raises Moved, and as the queue does."""
        async with self._one:
            needed = _EVENTS_A_COMMAND * self._queue.depth
            self._gap = min(max(self._gap, 2 * needed), MOST_GAP)
            reserved = _Reserved({one.key for one in bulk.said}, self._gap - needed)
            self._queue.reserved = reserved
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    return await self._append(bulk, context, reply, idempotency, reserved)
            except _CONFLICTS as conflict:
                raise Moved(str(conflict)) from conflict
            except (*UNANSWERED, *PASSING) as lost:
                raise StorageUnavailable(
                    "the database did not answer; repeat the request with its Idempotency-Key"
                ) from lost
            except asyncpg.PostgresError as refused:
                raise Unstorable(str(refused)) from refused
            finally:
                self._queue.reserved = None
                reserved.over.set()

    async def close(self) -> None:
        """Whatever is not committed is gone."""
        while self._connections:
            self._connections.popitem()[1].terminate()

    async def _append(
        self,
        bulk: Bulk,
        context: Context,
        reply: Callable[[int], Answer],
        idempotency: Idempotency | None,
        reserved: _Reserved,
    ) -> Answer:
        async with self._transaction() as connection:
            if idempotency is not None and (earlier := await answered(connection, idempotency)) is not None:
                return earlier
            if not await connection.fetchval(_ONE_AT_A_TIME):
                raise Moved("another process writes ahead")
            writing = Writing(self._tools, connection, bulk, context)
            head: int = await connection.fetchval(_HEAD, self._log.speaker)
            await writing.check_unmoved(bulk.known_at, head)
            ahead, held = split(bulk.said, self._gap)
            if ahead:
                await writing.ahead(ahead, head + len(held) + 1)
                await (await self._connected("flushing")).execute(_FLUSH)
            reserved.close()
            position = await writing.close(held, head, len(ahead))
            self._learn(position - head - len(bulk.said), reserved)
            answer = reply(position)
            if idempotency is not None:
                kept = msgspec.json.encode(answer)
                await connection.execute(_REMEMBER, idempotency.scope, idempotency.key, idempotency.digest, kept)
        if bulk.said:
            self._queue.passed(position)
            if self._on_append is not None:
                self._on_append()
        return answer

    def _learn(self, needed: int, reserved: _Reserved) -> None:
        """How much room to leave next time."""
        enough = 2 * self._gap if reserved.exhausted else 4 * needed
        self._gap = min(max(enough, LEAST_GAP), MOST_GAP)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        """A connection on which anything failed is not used again."""
        connection = await self._connected("writing")
        try:
            async with connection.transaction():
                yield connection
        except BaseException:
            await self.close()
            raise

    async def _connected(self, purpose: str) -> Connection:
        connection = self._connections.get(purpose)
        if connection is None or connection.is_closed():
            self._connections[purpose] = connection = await connect(self._url, **_SETTINGS)
        return connection


async def answered(connection: Connection, idempotency: Idempotency) -> Answer | None:
    """What is kept under an idempotency key. Raises IdempotencyKeyReused."""
    earlier = await connection.fetchrow(_EARLIER, idempotency.scope, idempotency.key)
    if earlier is None:
        return None
    if earlier["digest"] != idempotency.digest:
        raise IdempotencyKeyReused
    return msgspec.json.decode(earlier["answer"], type=Answer)
