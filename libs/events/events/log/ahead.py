"""One bulk on its way into the log: ahead of the head first, then around the gap, under the head's lock (see bulk.py)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from events.bus.subjects import topic
from events.contracts.registry import type_of
from events.deciding import Key, Recorded, Said
from events.log.batch import Keeper
from events.log.connect import Connection
from events.log.statement import Statement
from events.log.write import Clock, Context, Log, NewId, Written, insert, lock_head, seal
from events.turns import Turns

_CHUNK: Final = 500
_COLUMNS = ("position", "id", "stream", "version", "type", "topic", "time", "document")
_ANNOUNCED = "INSERT INTO ahead (first, last) VALUES ($1, $2)"
_GO_BEYOND = "UPDATE heads SET position = $2 WHERE log = $1"
_MOVED = "SELECT stream FROM events WHERE position > $1 AND position <= $2 AND stream ^@ ANY($3::text[]) LIMIT 1"


class Moved(Exception):
    """Something that the events were decided on is no longer so, or others needed the room. Decide again."""


class Bulk(NamedTuple):
    """Events that belong together. `before` has the states of their keys, read at the log's position `known_at` or later."""

    said: Sequence[Said]
    before: Mapping[Key, Any]
    known_at: int
    depends_on: Sequence[str]
    """How the streams begin that the decision looked at."""


@runtime_checkable
class Copying(Protocol):
    """A keeper whose states are one row each, so that new ones can be copied into their table."""

    table: str
    columns: Sequence[str]

    def row(self, identity: str, state: Any) -> Sequence[Any]:
        """The state as a row."""


class Tools(NamedTuple):
    """What every bulk of one appender is written with."""

    log: Log
    keepers: Mapping[str, Keeper]
    clock: Clock
    new_id: NewId
    turns: Turns


class Writing:
    """One bulk on its way."""

    def __init__(self, tools: Tools, connection: Connection, bulk: Bulk, context: Context) -> None:
        self._tools = tools
        self._connection = connection
        self._bulk = bulk
        self._context = context
        self._time = tools.clock()
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
        head = await lock_head(self._connection, self._tools.log)
        await self.check_unmoved(known_head, head)
        if not ahead:
            return await self._follow(held, head)
        room = known_head + len(held) - head
        if room < 0:
            raise Moved("others needed the room")
        last = await self._follow(held[:room], head) + ahead
        await self._connection.execute(_GO_BEYOND, self._tools.log.speaker, last)
        return await self._follow(held[room:], last)

    async def _follow(self, said: Sequence[Said], head: int) -> int:
        """Right behind the head, with their states and notes."""
        if said:
            self._states = {}
            written = list(self._sealed(said, head + 1))
            await insert(self._connection, self._tools.log, written, self._saving())
        return head + len(said)

    def _sealed(self, said: Iterable[Said], first: int) -> Iterator[Written]:
        tools = self._tools
        for position, (key, data, note) in enumerate(said, first):
            before = self._states[key] if key in self._states else self._bulk.before.get(key)
            recorded = Recorded(
                position=position,
                id=tools.new_id(),
                key=key,
                version=getattr(before, "version", 0) + 1,
                time=self._time,
                actor=self._context.actor,
                data=data,
                note=note,
            )
            self._states[key] = tools.keepers[key.kind].evolve(before, recorded)
            if note:
                self._notes.append((position, note))
            yield seal(tools.log, recorded, self._context)

    async def _save(self) -> None:
        """New ones by COPY where the keeper can, the others in one statement for some hundreds."""
        for kind, states in self._by_kind().items():
            keeper = self._tools.keepers[kind]
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
        return [statement for kind, states in by_kind for statement in self._tools.keepers[kind].save(states)]

    def _by_kind(self) -> dict[str, dict[str, Any]]:
        by_kind: dict[str, dict[str, Any]] = {}
        for key, state in self._states.items():
            by_kind.setdefault(key.kind, {})[key.id] = state
        return by_kind

    async def _in_slices(self, rows: Iterator[Any]) -> AsyncIterator[Any]:
        while some := await self._tools.turns.some_of(rows):
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


def split(said: Sequence[Said], gap: int) -> tuple[Sequence[Said], Sequence[Said]]:
    """What is written ahead, and what is held back to fill the gap; the events of one stream stay together and in order."""
    times = Counter(one.key for one in said)
    if len(times) < len(said):
        said = [one for one in said if times[one.key] > 1] + [one for one in said if times[one.key] == 1]
    single = sum(count == 1 for count in times.values())
    if single < gap or len(said) < 4 * gap:
        return [], said
    return said[:-gap], said[-gap:]
