"""A toy stream to try the log with: statuses of made-up cells, counted."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from events.contracts import catalog, parts
from events.contracts.refusals import Refusal
from events.deciding import Answer, Decision, Kept, Key, Recorded, Said, States
from events.log import bulk_tables
from events.log.append import AppendQueue, Context, Log
from events.log.connect import connect, engine
from events.log.statement import Statement
from events.log.tables import create_log

LOG = Log("catalog", "test.example")
CONTEXT = Context("ars:147130000000/editor/00000000-0000-7000-8000-000000000001", "correlation-1")


class Tally(NamedTuple):
    """How often something was said in a stream."""

    version: int
    last: str


class TooMuch(Refusal):
    """The toy's only refusal."""

    slug = "too-much"
    kind = "conflict"


class TallyKeeper:
    """Keeps tallies in a table of its own."""

    kind = "tally"
    remembered = False
    quoted = False

    def asking(self, ids: Sequence[str]) -> Statement:
        return Statement("SELECT id, version, last FROM tallies WHERE id = ANY($1::text[])", [ids])

    def states(self, rows: Iterable[Any]) -> Mapping[str, Tally]:
        return {identity: Tally(version, last) for identity, version, last in rows}

    def evolve(self, state: Tally | None, recorded: Recorded) -> Tally:
        assert isinstance(recorded.data, catalog.StatusRecorded)
        return Tally(recorded.version, recorded.data.state.online_url or "")

    def save(self, states: Mapping[str, Tally]) -> Sequence[Statement]:
        text = (
            "INSERT INTO tallies SELECT * FROM unnest($1::text[], $2::int[], $3::text[])"
            " ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, last = EXCLUDED.last"
        )
        kept = states.values()
        return [Statement(text, [list(states), [one.version for one in kept], [one.last for one in kept]])]


class Say(msgspec.Struct, frozen=True):
    """Say something in one stream; `most` is how often it may have been said before, `times` how often it is said now."""

    id: str
    text: str = "hello"
    most: int = 1_000_000
    times: int = 1
    mistake: bool = False
    note: str | None = None

    def keys(self) -> Iterable[Key]:
        return [Key("tally", self.id)]

    def decide(self, states: States) -> Decision:
        if self.mistake:
            raise ZeroDivisionError
        key = Key("tally", self.id)
        before: Tally | None = states.get(key)
        if before is not None and before.version > self.most:
            raise TooMuch("said too often", "zu oft gesagt", field="id")
        return Decision([Said(key, status(self.id, self.text), self.note)] * self.times, self._reply)

    def _reply(self, kept: Kept) -> Answer:
        state = kept.states.get(Key("tally", self.id), Tally(0, ""))
        body = msgspec.Raw(msgspec.json.encode({"last": state.last}))
        return Answer(outcome="changed", version=state.version, position=kept.position, body=body)


def status(identity: str, text: str) -> catalog.StatusRecorded:
    return catalog.StatusRecorded(
        municipality=parts.MunicipalityRef(
            id="ars:147130000000", name="Leipzig", levels=("commune", "district"), region="DE-SN"
        ),
        service=parts.ServiceRef(key=f"test:{identity.replace('/', '-')}", title="Probe"),
        effective_on=date(2026, 11, 1),
        until=None,
        state=parts.Status(phase="live", online_url=text),
        replaced=None,
        recorded_on=date(2026, 11, 1),
    )


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    return uuid.uuid4()


def queue(url: str, **options: Any) -> AppendQueue:
    return AppendQueue(url, log=LOG, keepers=[TallyKeeper()], clock=now, new_id=new_id, **options)


async def prepare(url: str) -> None:
    """An empty log and the toy's table."""
    database = engine(url)
    async with database.begin() as connection:
        await connection.run_sync(create_log, "catalog")
        await connection.execute(
            sa.text("CREATE TABLE tallies (id text PRIMARY KEY, version int NOT NULL, last text NOT NULL)")
        )
    await database.dispose()


async def prepare_ahead(url: str) -> None:
    """The same, and it can be written ahead of."""
    await prepare(url)
    connection = await connect(url)
    for statement in bulk_tables.TABLES:
        await connection.execute(statement)
    await connection.close()
