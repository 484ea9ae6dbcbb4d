"""Writing to the log inside a transaction: lock the head, give positions, insert."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from events.bus.subjects import about, topic
from events.contracts import envelope
from events.contracts.parts import Fact
from events.contracts.registry import type_of
from events.deciding import Key, Recorded
from events.log.connect import Connection
from events.log.statement import Statement, joined
from events.log.tables import channel

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


class Log(NamedTuple):
    """Whose log it is, and in which installation."""

    speaker: str
    installation: str

    @property
    def source(self) -> str:
        """The CloudEvents `source`."""
        return f"//{self.installation}/{self.speaker}"


class Context(NamedTuple):
    """Who says it, and in the course of what."""

    actor: str
    correlation_id: str | None = None
    traceparent: str | None = None


class Written(NamedTuple):
    """An event with its wire form, ready to be inserted."""

    recorded: Recorded
    document: bytes


_LOCK_HEAD = "SELECT position FROM heads WHERE log = $1 FOR UPDATE"
# One statement for all: the trigger `in_order` moves the head, and the announcement leaves with the commit.
_INSERT = """
INSERT INTO events (position, id, stream, version, type, topic, time, document)
SELECT * FROM unnest(
    $1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[]
)
"""
_ANNOUNCE = "SELECT pg_notify($1, $2) FROM heads WHERE log = $3 FOR UPDATE"
# One look into the index per stream: a planner that may join differently reads the whole log for a thousand of them.
_VERSIONS = """
SELECT asked.stream, latest.version FROM unnest($1::text[]) AS asked (stream)
CROSS JOIN LATERAL (SELECT version FROM events WHERE stream = asked.stream ORDER BY version DESC LIMIT 1) AS latest
"""
_NOTE = "INSERT INTO notes (position, note) SELECT * FROM unnest($1::bigint[], $2::text[])"


async def lock_head(connection: Connection, log: Log) -> int:
    """The log's position; nobody else appends until this transaction ends."""
    position: int = await connection.fetchval(_LOCK_HEAD, log.speaker)
    return position


def seal(log: Log, recorded: Recorded, context: Context) -> Written:
    """Give a recorded event its wire form."""
    event_type = type_of(recorded.data)
    document = envelope.encode(
        id=str(recorded.id),
        source=log.source,
        type=event_type.wire,
        dataschema=event_type.dataschema,
        subject=about(recorded.data),
        time=recorded.time,
        position=recorded.position,
        actor=context.actor,
        correlationid=context.correlation_id,
        traceparent=context.traceparent,
        data=recorded.data,
    )
    return Written(recorded, document)


async def insert(
    connection: Connection, log: Log, written: Sequence[Written], beside: Sequence[Statement] = ()
) -> None:
    """Insert events that follow the head, with their notes and what is to be kept `beside` them, and announce them.

    One statement, so outside a transaction it is one of its own; the database refuses it where the head is another.
    """
    recorded = [one.recorded for one in written]
    types = [type_of(one.data).wire for one in recorded]
    events = Statement(
        _INSERT,
        [
            [one.position for one in recorded],
            [one.id for one in recorded],
            [one.key.stream for one in recorded],
            [one.version for one in recorded],
            types,
            [topic(one.data) for one in recorded],
            [one.time for one in recorded],
            [one.document for one in written],
        ],
    )
    statements = [events, *beside]
    noted = [one for one in recorded if one.note]
    if noted:
        statements.append(Statement(_NOTE, [[one.position for one in noted], [one.note for one in noted]]))
    statements.append(Statement(_ANNOUNCE, [channel(log.speaker), str(recorded[-1].position), log.speaker]))
    text, arguments = joined(statements)
    await connection.execute(text, *arguments)


async def write(
    connection: Connection,
    log: Log,
    facts: Sequence[tuple[Key, Fact]],
    *,
    context: Context,
    clock: Clock,
    new_id: NewId,
) -> list[Written]:
    """Append to the log within the caller's own transaction, for services that follow rather than decide.

    Versions count on from what each stream has. Holds the head's lock until the caller commits.
    """
    if not facts:
        return []
    head = await lock_head(connection, log)
    versions = await _versions(connection, {key.stream for key, _ in facts})
    time = clock()
    written = []
    for position, (key, data) in enumerate(facts, head + 1):
        versions[key.stream] = version = versions.get(key.stream, 0) + 1
        recorded = Recorded(
            position=position, id=new_id(), key=key, version=version, time=time, actor=context.actor, data=data
        )
        written.append(seal(log, recorded, context))
    await insert(connection, log, written)
    return written


async def _versions(connection: Connection, streams: set[str]) -> dict[str, int]:
    rows = await connection.fetch(_VERSIONS, list(streams))
    return {row["stream"]: row["version"] for row in rows}
