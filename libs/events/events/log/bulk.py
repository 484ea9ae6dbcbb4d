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
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

import asyncpg
import msgspec

from events.bus.subjects import topic
from events.contracts.registry import type_of
from events.deciding import Answer, Key, Recorded, Said
from events.log.append import AppendQueue, StorageUnavailable, Unstorable
from events.log.batch import Idempotency, IdempotencyKeyReused, Keeper
from events.log.connect import Connection, connect
from events.log.statement import Statement
from events.log.storage import PASSING, UNANSWERED
from events.log.write import Clock, Context, Log, NewId, Written, insert, lock_head, seal
from events.turns import Turns

LEAST_GAP: Final = 128
"""Positions for the others, at least; four times what they needed last time, if that is more."""
_WAIT_SECONDS: Final = 60.0
_CHUNK: Final = 500
_EVENTS_A_COMMAND: Final = 2
"""As most say one, and some two; who says more makes the bulk give way."""
_COLUMNS = ("position", "id", "stream", "version", "type", "topic", "time", "document")
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
_ANNOUNCED = "INSERT INTO ahead (first, last) VALUES ($1, $2)"
_GO_BEYOND = "UPDATE heads SET position = $2 WHERE log = $1"
_MOVED = "SELECT stream FROM events WHERE position > $1 AND position <= $2 AND stream ^@ ANY($3::text[]) LIMIT 1"
_EARLIER = "SELECT digest, answer FROM idempotency_keys WHERE scope = $1 AND key = $2"
_REMEMBER = "INSERT INTO idempotency_keys (scope, key, digest, answer, time) VALUES ($1, $2, $3, $4, now())"
_CONFLICTS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
)


class Moved(Exception):
    """Something that the events were decided on is no longer so, or others needed the room. Decide again."""


class Bulk(NamedTuple):
    """Events that belong together. `before` has the states of their keys, read at the log's position `known_at` or later."""

    said: Sequence[Said]
    before: Mapping[Key, Any]
    known_at: int
    depends_on: Sequence[str]
    """How the streams begin that the decision looked at."""


class _Reserved:
    """Commands on the same keys would wait in the database with the head in their hands; and the gap is not endless."""

    def __init__(self, keys: Iterable[Key], room: int) -> None:
        self.over = asyncio.Event()
        self._keys = frozenset(keys)
        self._room = room

    def admits(self, keys: Sequence[Key]) -> bool:
        """Unless it is about the same, or there may not be enough room."""
        if self._room <= 0 or not self._keys.isdisjoint(keys):
            return False
        self._room -= _EVENTS_A_COMMAND
        return True


@runtime_checkable
class Copying(Protocol):
    """A keeper whose states are one row each, so that new ones can be copied into their table."""

    table: str
    columns: Sequence[str]

    def row(self, identity: str, state: Any) -> Sequence[Any]:
        """The state as a row."""


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
        self.log = log
        self.keepers = {keeper.kind: keeper for keeper in keepers}
        self.clock = clock
        self.new_id = new_id
        self.turns = turns
        self._url = url
        self._queue = queue
        self._on_append = on_append
        self._one = asyncio.Lock()
        self._connection: Connection | None = None
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
            reserved = _Reserved({one.key for one in bulk.said}, self._gap - _EVENTS_A_COMMAND * self._queue.depth)
            self._queue.reserved = reserved
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    return await self._append(bulk, context, reply, idempotency)
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
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _append(
        self,
        bulk: Bulk,
        context: Context,
        reply: Callable[[int], Answer],
        idempotency: Idempotency | None,
    ) -> Answer:
        async with self._transaction() as connection:
            if idempotency is not None and (earlier := await answered(connection, idempotency)) is not None:
                return earlier
            if not await connection.fetchval(_ONE_AT_A_TIME):
                raise Moved("another process writes ahead")
            writing = _Writing(self, connection, bulk, context)
            head: int = await connection.fetchval(_HEAD, self.log.speaker)
            await writing.check_unmoved(bulk.known_at, head)
            ahead, held = _split(bulk.said, self._gap)
            if ahead:
                await writing.ahead(ahead, head + len(held) + 1)
            position = await writing.close(held, head, len(ahead))
            self._gap = max(LEAST_GAP, 4 * (position - head - len(bulk.said)))
            answer = reply(position)
            if idempotency is not None:
                kept = msgspec.json.encode(answer)
                await connection.execute(_REMEMBER, idempotency.scope, idempotency.key, idempotency.digest, kept)
        if bulk.said:
            self._queue.passed(position)
            if self._on_append is not None:
                self._on_append()
        return answer

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        """A connection on which anything failed is not used again."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, **_SETTINGS)
        try:
            async with self._connection.transaction():
                yield self._connection
        except BaseException:
            await self.close()
            raise


async def answered(connection: Connection, idempotency: Idempotency) -> Answer | None:
    """What is kept under an idempotency key. Raises IdempotencyKeyReused."""
    earlier = await connection.fetchrow(_EARLIER, idempotency.scope, idempotency.key)
    if earlier is None:
        return None
    if earlier["digest"] != idempotency.digest:
        raise IdempotencyKeyReused
    return msgspec.json.decode(earlier["answer"], type=Answer)


class _Writing:
    """One bulk on its way."""

    def __init__(self, appender: BulkAppender, connection: Connection, bulk: Bulk, context: Context) -> None:
        self._appender = appender
        self._connection = connection
        self._bulk = bulk
        self._context = context
        self._time = appender.clock()
        self._states: dict[Key, Any] = {}
        self._notes: list[tuple[int, str]] = []

    async def check_unmoved(self, after: int, head: int) -> None:
        """Raises Moved."""
        if head > after:
            moved = await self._connection.fetchval(_MOVED, after, head, list(self._bulk.depends_on))
            if moved is not None:
                raise Moved(moved)

    async def ahead(self, said: Sequence[Said], first: int) -> None:
        """Without the head's lock: the events, the states and the notes of what is written ahead."""
        await self._connection.execute(_ANNOUNCED, first, first + len(said) - 1)
        rows = map(_row, self._sealed(said, first))
        await self._connection.copy_records_to_table("events", columns=_COLUMNS, records=self._in_slices(rows))
        await self._save()
        await self._connection.copy_records_to_table("notes", columns=("position", "note"), records=self._notes)

    async def close(self, held: Sequence[Said], known_head: int, ahead: int) -> int:
        """Under the head's lock: what was held back goes before and behind what was written ahead. The position then."""
        head = await lock_head(self._connection, self._appender.log)
        await self.check_unmoved(known_head, head)
        if not ahead:
            return await self._follow(held, head)
        room = known_head + len(held) - head
        if room < 0:
            raise Moved("others needed the room")
        last = await self._follow(held[:room], head) + ahead
        await self._connection.execute(_GO_BEYOND, self._appender.log.speaker, last)
        return await self._follow(held[room:], last)

    async def _follow(self, said: Sequence[Said], head: int) -> int:
        """Right behind the head, with their states and notes."""
        if said:
            self._states = {}
            written = list(self._sealed(said, head + 1))
            await insert(self._connection, self._appender.log, written, self._saving())
        return head + len(said)

    def _sealed(self, said: Iterable[Said], first: int) -> Iterator[Written]:
        appender = self._appender
        for position, (key, data, note) in enumerate(said, first):
            before = self._states[key] if key in self._states else self._bulk.before.get(key)
            recorded = Recorded(
                position=position,
                id=appender.new_id(),
                key=key,
                version=getattr(before, "version", 0) + 1,
                time=self._time,
                actor=self._context.actor,
                data=data,
                note=note,
            )
            self._states[key] = appender.keepers[key.kind].evolve(before, recorded)
            if note:
                self._notes.append((position, note))
            yield seal(appender.log, recorded, self._context)

    async def _save(self) -> None:
        """New ones by COPY where the keeper can, the others in one statement for some hundreds."""
        for kind, states in self._by_kind().items():
            keeper = self._appender.keepers[kind]
            left = states
            if isinstance(keeper, Copying):
                left = {one: state for one, state in states.items() if Key(kind, one) in self._bulk.before}
                rows = (keeper.row(one, state) for one, state in states.items() if one not in left)
                await self._connection.copy_records_to_table(
                    keeper.table, columns=keeper.columns, records=self._in_slices(rows)
                )
            identities = list(left)
            for start in range(0, len(identities), _CHUNK):
                for statement in keeper.save({one: left[one] for one in identities[start : start + _CHUNK]}):
                    await self._connection.execute(statement.text, *statement.arguments)

    def _saving(self) -> list[Statement]:
        by_kind = self._by_kind().items()
        return [statement for kind, states in by_kind for statement in self._appender.keepers[kind].save(states)]

    def _by_kind(self) -> dict[str, dict[str, Any]]:
        by_kind: dict[str, dict[str, Any]] = {}
        for key, state in self._states.items():
            by_kind.setdefault(key.kind, {})[key.id] = state
        return by_kind

    async def _in_slices(self, rows: Iterator[Any]) -> AsyncIterator[Any]:
        while some := await self._appender.turns.some_of(rows):
            for row in some:
                yield row


def _row(written: Written) -> tuple[Any, ...]:
    one = written.recorded
    return (
        one.position,
        one.id,
        one.key.stream,
        one.version,
        type_of(one.data).wire,
        topic(one.data),
        one.time,
        written.document,
    )


def _split(said: Sequence[Said], gap: int) -> tuple[Sequence[Said], Sequence[Said]]:
    """What is written ahead, and what is held back to fill the gap; the events of one stream stay together and in order."""
    times = Counter(one.key for one in said)
    if len(times) < len(said):
        said = [one for one in said if times[one.key] > 1] + [one for one in said if times[one.key] == 1]
    single = sum(count == 1 for count in times.values())
    if single < gap or len(said) < 4 * gap:
        return [], said
    return said[:-gap], said[-gap:]
