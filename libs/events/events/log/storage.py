"""Where batches get the states they need, and how what they decided is kept: one statement each way, as far as may be."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg

from events.deciding import Key
from events.log.batch import Batch, Earlier, Identity, Keeper, Request
from events.log.connect import Connection, connect
from events.log.statement import Statement, gathered
from events.log.write import Log, insert, lock_head

# One plan for all times saves planning each time, which costs one caller alone as much as the rest. A fresh database would make it
# for empty tables, to the ruin of the speed; so it may only look things up in indexes, one after the other.
_SETTINGS = {
    "synchronous_commit": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "20s",
    "jit": "off",
}
_HEAD = "SELECT position FROM heads WHERE log = $1"
_EARLIER = """
SELECT k.scope, k.key, k.digest, k.answer FROM idempotency_keys k
JOIN unnest($1::text[], $2::text[]) AS asked(scope, key) ON k.scope = asked.scope AND k.key = asked.key
"""
_REMEMBER = """
INSERT INTO idempotency_keys (scope, key, digest, answer, time)
SELECT *, now() FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[])
"""
_FORGET = "DELETE FROM idempotency_keys WHERE time < now() - interval '7 days'"


Rows = Sequence[Sequence[Any]]
Decide = Callable[[int, dict[Key, Any], dict[Identity, Earlier]], Batch]


class HeadMoved(Exception):
    """Somebody else appended since this was decided; deciding anew, on what holds now, helps."""


class Loaded(NamedTuple):
    """What was found, all as of one moment: the log's position, states, and what is kept under idempotency keys."""

    head: int
    states: dict[Key, Any]
    earlier: dict[Identity, Earlier]


class Storage:
    """Two connections, so that one batch can be read for while another is being written."""

    def __init__(self, url: str, log: Log, keepers: Mapping[str, Keeper]) -> None:
        self._url = url
        self._log = log
        self._keepers = keepers
        self._connections: dict[str, Connection] = {}

    async def load(
        self, keys: Iterable[Key], identities: Collection[Identity], connection: Connection | None = None
    ) -> Loaded:
        """In one round trip."""
        beside = [Statement(_HEAD, [self._log.speaker])]
        if identities:
            beside.append(Statement(_EARLIER, [list(column) for column in zip(*identities, strict=True)]))
        connection = connection or await self._connected("reading")
        states, [((head,),), *others] = await load(connection, self._keepers, keys, beside)
        earlier = {(scope, key): Earlier(digest, answer) for rows in others for scope, key, digest, answer in rows}
        return Loaded(head, states, earlier)

    async def write(self, batch: Batch) -> None:
        """In a transaction of its own. Raises HeadMoved, or the database refuses it, unless the log is where it was decided on."""
        connection = await self._connected("writing")
        if batch.written:
            await self._insert(connection, batch)
        elif await connection.fetchval(_HEAD, self._log.speaker) != batch.position:
            raise HeadMoved

    async def decide_and_write(self, requests: Sequence[Request], decide: Decide) -> Batch:
        """Under the head's lock, so that nobody else can append in between."""
        connection = await self._connected("writing")
        async with connection.transaction():
            head = await lock_head(connection, self._log)
            loaded = await self.load(needed(requests), asked(requests), connection)
            batch = decide(head, loaded.states, loaded.earlier)
            await self._insert(connection, batch)
        return batch

    async def close(self) -> None:
        """At once, whatever is going on; the next use connects anew."""
        for purpose in list(self._connections):
            self.distrust(purpose)

    def distrust(self, purpose: str) -> None:
        """Close one at once: after some failures a connection says that it is open and can do nothing."""
        connection = self._connections.pop(purpose, None)
        if connection is not None:
            connection.terminate()

    async def _insert(self, connection: Connection, batch: Batch) -> None:
        beside = batch.saving()
        if batch.answered:
            scopes, keys = zip(*batch.answered, strict=True)
            digests, answers = zip(*batch.answered.values(), strict=True)
            beside.append(Statement(_REMEMBER, [scopes, keys, digests, answers]))
        if batch.written:
            await insert(connection, self._log, batch.written, beside)
        elif beside:
            (remembering,) = beside
            await connection.execute(remembering.text, *remembering.arguments)

    async def _connected(self, purpose: str) -> Connection:
        connection = self._connections.get(purpose)
        if connection is None or connection.is_closed():
            self._connections[purpose] = connection = await connect(self._url, **_SETTINGS)
            if purpose == "writing":
                await connection.execute(_FORGET)
        return connection


def needed(requests: Iterable[Request]) -> set[Key]:
    """The keys whose states they look at."""
    return {key for request in requests for key in request.keys}


def asked(requests: Iterable[Request]) -> set[Identity]:
    """The idempotency keys under which they come."""
    return {(one.idempotency.scope, one.idempotency.key) for one in requests if one.idempotency is not None}


async def load(
    connection: Connection, keepers: Mapping[str, Keeper], keys: Iterable[Key], beside: Sequence[Statement] = ()
) -> tuple[dict[Key, Any], list[Rows]]:
    """The states that exist, and the rows of what is asked beside, all as of one moment."""
    missing: dict[str, list[str]] = {}
    for kind, identity in keys:
        missing.setdefault(kind, []).append(identity)
    asking = [keepers[kind].asking(ids) for kind, ids in missing.items()]
    if not (asking or beside):
        return {}, []
    text, arguments = gathered([*asking, *beside])
    row = await connection.fetchrow(text, *arguments)
    assert row is not None
    answers: list[Rows] = [rows or () for rows in row]
    states = {
        Key(kind, identity): state
        for kind, rows in zip(missing, answers, strict=False)
        for identity, state in keepers[kind].states(rows).items()
    }
    return states, answers[len(missing) :]


UNANSWERED = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
)
"""The database did not answer: whether it kept what it was given is not known."""
PASSING = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""The database's state, not the command's fault: a lock, a backup that is being put back. A retry helps."""
