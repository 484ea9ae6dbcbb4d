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
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from os.path import commonprefix
from typing import Final

import asyncpg
import msgspec

from events.deciding import Answer, Said
from events.log.ahead import Bulk, Moved, Tools, Writing, split
from events.log.append import StorageUnavailable, Unstorable
from events.log.batch import Idempotency, IdempotencyKeyReused, Keeper
from events.log.connect import Connection, connect
from events.log.room import Gap
from events.log.storage import PASSING, UNANSWERED
from events.log.write import Clock, Context, Log, NewId
from events.turns import Turns

__all__ = ["Bulk", "BulkAppender", "Moved", "answered"]

_WAIT_SECONDS: Final = 60.0
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


class BulkAppender:
    """On a connection of its own, in the room that an append queue leaves it; one bulk at a time."""

    def __init__(
        self,
        url: str,
        room: Gap,
        *,
        log: Log,
        keepers: Sequence[Keeper],
        clock: Clock,
        new_id: NewId,
        turns: Turns,
    ) -> None:
        self._log = log
        self._tools = Tools(log, {keeper.kind: keeper for keeper in keepers}, clock, new_id, turns)
        self._url = url
        self._room = room
        self._connections: dict[str, Connection] = {}

    async def append(
        self,
        bulk: Bulk,
        context: Context,
        reply: Callable[[int], Answer],
        *,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Keep them all; `reply` gets the log's position after them. Raises Moved, and as the queue does."""
        gap = await self._room.take(_beginning(bulk.said))
        position, others = None, 0
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                answer, position, others = await self._append(bulk, context, reply, idempotency, gap)
        except _CONFLICTS as conflict:
            raise Moved(str(conflict)) from conflict
        except (*UNANSWERED, *PASSING) as lost:
            raise StorageUnavailable(
                "the database did not answer; repeat the request with its Idempotency-Key"
            ) from lost
        except asyncpg.PostgresError as refused:
            raise Unstorable(str(refused)) from refused
        finally:
            self._room.leave(position, others)
        return answer

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
        gap: int,
    ) -> tuple[Answer, int | None, int]:
        """With the log's position then, if anything was written, and how many positions the others needed."""
        async with self._transaction() as connection:
            if idempotency is not None and (earlier := await answered(connection, idempotency)) is not None:
                return earlier, None, 0
            if not await connection.fetchval(_ONE_AT_A_TIME):
                raise Moved("another process writes ahead")
            writing = Writing(self._tools, connection, bulk, context)
            head: int = await connection.fetchval(_HEAD, self._log.speaker)
            await writing.check_unmoved(bulk.known_at, head)
            ahead, held = split(bulk.said, gap)
            if ahead:
                await writing.ahead(ahead, head + len(held) + 1)
                await (await self._connected("flushing")).execute(_FLUSH)
            self._room.close()
            position = await writing.close(held, head, len(ahead))
            answer = reply(position)
            if idempotency is not None:
                kept = msgspec.json.encode(answer)
                await connection.execute(_REMEMBER, idempotency.scope, idempotency.key, idempotency.digest, kept)
        return answer, position if bulk.said else None, position - head - len(bulk.said)

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


def _beginning(said: Sequence[Said]) -> str | None:
    """What all their streams begin with."""
    streams = [one.key.stream for one in said]
    return commonprefix([min(streams), max(streams)]) if streams else None  # noqa: RUF071  no paths: letters are meant


async def answered(connection: Connection, idempotency: Idempotency) -> Answer | None:
    """What is kept under an idempotency key. Raises IdempotencyKeyReused."""
    earlier = await connection.fetchrow(_EARLIER, idempotency.scope, idempotency.key)
    if earlier is None:
        return None
    if earlier["digest"] != idempotency.digest:
        raise IdempotencyKeyReused
    return msgspec.json.decode(earlier["answer"], type=Answer)
