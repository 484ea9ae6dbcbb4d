"""The append queue: one per process. It takes what is waiting, never waits for more, and commits it in one transaction.

An answer is given only after the commit (`synchronous_commit=on`). When the database refuses a batch it is split in halves
until only the bad command fails.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

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
    Result,
    WrongVersion,
)
from events.log.connect import Connection, connect
from events.log.write import Clock, Context, Log, NewId, insert, lock_head

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
MOST_WAITING = 10_000
MOST_REMEMBERED = 100_000
WAIT_LIMIT = 30.0
"""Seconds until a caller is told that the storage does not answer."""

# A fresh database would get generic plans made for empty tables and keep them, to the ruin of the speed.
_SETTINGS = {"synchronous_commit": "on", "plan_cache_mode": "force_custom_plan", "lock_timeout": "20s", "jit": "off"}
_EARLIER = """
SELECT k.scope, k.key, k.digest, k.answer FROM idempotency_keys k
JOIN unnest($1::text[], $2::text[]) AS asked(scope, key) ON k.scope = asked.scope AND k.key = asked.key
"""
_REMEMBER = """
INSERT INTO idempotency_keys (scope, key, digest, answer, time)
SELECT *, now() FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[])
"""
_FORGET = "DELETE FROM idempotency_keys WHERE time < now() - interval '7 days'"


class StorageUnavailable(Exception):
    """Not known to be kept: the database did not answer. Repeating helps; with an idempotency key it is safe."""


class Unstorable(Exception):
    """The database refuses this very command; repeating it does not help."""


class _Waiting(NamedTuple):
    request: Request
    future: "asyncio.Future[Answer]"


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
        self._url = url
        self._keepers = {keeper.kind: keeper for keeper in keepers}
        self._clock = clock
        self._new_id = new_id
        self._on_append = on_append
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(MOST_WAITING)
        self._connection: Connection | None = None
        self._remembered: dict[Key, Any] = {}
        self._remembered_at = -1
        self._task: asyncio.Task[None] | None = None

    @property
    def depth(self) -> int:
        """How many commands wait."""
        return self._waiting.qsize()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="append-queue")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        while not self._waiting.empty():
            _fail(self._waiting.get_nowait(), StorageUnavailable("the service is stopping"))
        await self._disconnect()

    async def append(
        self,
        command: Command,
        context: Context,
        *,
        idempotency: Idempotency | None = None,
        expected: tuple[Key, int] | None = None,
    ) -> Answer:
        """Decide and keep. Raises Refusal, WrongVersion, IdempotencyKeyReused, Unstorable, StorageUnavailable."""
        keys = list(command.keys())
        if expected is not None:
            keys.append(expected[0])
        waiting = _Waiting(
            Request(command, keys, context, idempotency, expected), asyncio.get_running_loop().create_future()
        )
        try:
            self._waiting.put_nowait(waiting)
        except asyncio.QueueFull:
            raise StorageUnavailable("too many commands are waiting") from None
        try:
            async with asyncio.timeout(WAIT_LIMIT):
                return await waiting.future
        except TimeoutError:
            raise StorageUnavailable(f"the database did not answer within {WAIT_LIMIT:.0f} s") from None

    async def _run(self) -> None:
        while True:
            batch = await self._next_batch()
            try:
                await self._keep(batch)
            except asyncio.CancelledError:
                for waiting in batch:
                    _fail(waiting, StorageUnavailable("the service is stopping"))
                raise

    async def _next_batch(self) -> list[_Waiting]:
        """What is waiting now, without those whose callers have gone."""
        batch = [await self._waiting.get()]
        keys = len(batch[0].request.keys)
        while keys < MOST_KEYS and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
            keys += len(batch[-1].request.keys)
        return [waiting for waiting in batch if not waiting.future.done()]

    async def _keep(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        try:
            results = await self._transact([waiting.request for waiting in batch])
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as lost:
            await self._lose(batch, lost)
        except asyncpg.PostgresError as refused:
            if isinstance(refused, _PASSING):
                await self._lose(batch, refused)
            elif len(batch) == 1:
                log.warning("command refused by the database", error=str(refused), sqlstate=refused.sqlstate)
                _fail(batch[0], Unstorable(str(refused)))
            else:
                middle = len(batch) // 2
                await self._keep(batch[:middle])
                await self._keep(batch[middle:])
        except Exception as mistake:
            log.exception("append failed")
            await self._lose(batch, mistake)
        else:
            for waiting, result in zip(batch, results, strict=True):
                _settle(waiting, result)

    async def _lose(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """The outcome is not known: say so to everyone, and begin again with a new connection."""
        log.warning("append connection lost", error=repr(error), commands=len(batch))
        await self._disconnect()
        for waiting in batch:
            _fail(
                waiting, StorageUnavailable("the database did not answer; repeat the request with its Idempotency-Key")
            )

    async def _transact(self, requests: Sequence[Request]) -> list[Result]:
        connection = await self._connected()
        async with connection.transaction():
            head = await lock_head(connection, self.log)
            if head != self._remembered_at or len(self._remembered) > MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered_at = -1
            states = await self._load(connection, requests)
            earlier = await _earlier(connection, requests)
            batch = Batch(self.log, head, states, earlier, self._keepers, self._clock, self._new_id)
            results = batch.take(requests)
            await self._save(connection, batch)
        self._remember(batch)
        if batch.written and self._on_append is not None:
            self._on_append()
        return results

    async def _load(self, connection: Connection, requests: Sequence[Request]) -> dict[Key, Any]:
        needed = {key for request in requests for key in request.keys}
        states = {key: self._remembered[key] for key in needed if key in self._remembered}
        missing: dict[str, list[str]] = {}
        for kind, identity in needed.difference(states):
            missing.setdefault(kind, []).append(identity)
        for kind, identities in missing.items():
            found = await self._keepers[kind].load(connection, identities)
            states.update({Key(kind, identity): state for identity, state in found.items()})
        return states

    async def _save(self, connection: Connection, batch: Batch) -> None:
        if batch.written:
            await insert(connection, self.log, batch.written)
        changed: dict[str, dict[str, Any]] = {}
        for key in batch.changed:
            changed.setdefault(key.kind, {})[key.id] = batch.states[key]
        for kind, states in changed.items():
            await self._keepers[kind].save(connection, states)
        if batch.answered:
            scopes, keys = zip(*batch.answered, strict=True)
            digests, answers = zip(*batch.answered.values(), strict=True)
            await connection.execute(_REMEMBER, scopes, keys, digests, answers)

    def _remember(self, batch: Batch) -> None:
        """Keep what everybody asks for, valid as long as nobody else moves the head."""
        if any(self._keepers[key.kind].remembered for key in batch.changed):
            self._remembered.clear()  # a state may quote its neighbours (a parent's name), so all of them are read anew
        else:
            self._remembered.update(
                {key: state for key, state in batch.states.items() if self._keepers[key.kind].remembered}
            )
        self._remembered_at = batch.position

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, **_SETTINGS)
            self._remembered.clear()
            await self._connection.execute(_FORGET)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()


_PASSING = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""The database's state, not the command's fault: a retry helps."""


async def _earlier(connection: Connection, requests: Sequence[Request]) -> dict[Identity, Earlier]:
    asked = {(one.idempotency.scope, one.idempotency.key) for one in requests if one.idempotency is not None}
    if not asked:
        return {}
    scopes, keys = zip(*asked, strict=True)
    rows = await connection.fetch(_EARLIER, scopes, keys)
    return {(row["scope"], row["key"]): Earlier(row["digest"], row["answer"]) for row in rows}


def _settle(waiting: _Waiting, result: Result) -> None:
    if isinstance(result, Exception):
        _fail(waiting, result)
    elif not waiting.future.done():
        waiting.future.set_result(result)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.future.done():
        waiting.future.set_exception(error)
