"""The same world as events: the catalogue, and the statuses that the SQL of `cells` reads aloud, sealed and inserted as any others."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time
from itertools import islice
from typing import Final

import asyncpg

from bench.large.catalogue import Told, slug, told
from bench.large.cells import KINDS, recordings
from edge.correlation import uuid7
from events.contracts import catalog as said
from events.contracts.parts import MunicipalityRef, ServiceRef, Status
from events.deciding import Key, Recorded
from events.log.connect import Connection
from events.log.write import Context, Log, insert, lock_head, seal
from progress.domain.classes import level_names

INSTALLATION: Final = "bench.example"
ACTOR: Final = f"{INSTALLATION}/operator/0199a2f4-7c1e-7d5a-9d57-2f6f0f1b6c11"
_AT_ONCE: Final = 5000


async def say_catalogue(log: Connection) -> None:
    """Into an empty log."""
    async with log.transaction():
        telling = told()
        versions: dict[Key, int] = {}
        while batch := list(islice(telling, _AT_ONCE)):
            await _say(log, batch, versions)


async def say_statuses(log: Connection, read_models: Connection, fraction: float) -> int:
    """After the catalogue; `read_models` has followed it, so it knows everybody's number, and has the schema `world`. How many."""
    versions: dict[Key, int] = {}
    count = 0
    async with log.transaction():
        async for batch in _batches(_statuses(read_models, fraction)):
            await _say(log, batch, versions)
            count += len(batch)
    return count


async def facts(read_models: Connection, fraction: float) -> AsyncIterator[Told]:
    """Everything, in the order in which it is said."""
    for one in told():
        yield one
    async for one in _statuses(read_models, fraction):
        yield one


async def _say(log: Connection, batch: Sequence[Told], versions: dict[Key, int]) -> None:
    which, context = Log("catalog", INSTALLATION), Context(ACTOR)
    position = await lock_head(log, which)
    written = []
    for number, one in enumerate(batch, position + 1):
        versions[one.key] = version = versions.get(one.key, 0) + 1
        recorded = Recorded(
            position=number, id=uuid7(), key=one.key, version=version, time=one.time, data=one.data, actor=ACTOR
        )
        written.append(seal(which, recorded, context))
    await insert(log, which, written)


async def _statuses(read_models: Connection, fraction: float) -> AsyncIterator[Told]:
    towns = {row["id"]: row for row in await read_models.fetch("SELECT id, key, name, levels, region FROM authorities")}
    refs = {number: _town(row) for number, row in towns.items()}
    services = {
        row["id"]: (ServiceRef(key=row["key"], title=row["title"]), row["kind"] == "component")
        for row in await read_models.fetch("SELECT id, key, title, kind FROM services")
    }
    text = f"SELECT * FROM ({recordings('true', fraction)}) r ORDER BY position"
    async with read_models.transaction():
        async for row in read_models.cursor(text, prefetch=_AT_ONCE):
            service, component = services[row["service"]]
            yield _told(row, refs[row["authority"]], service, component=component)


def _told(row: asyncpg.Record, town: MunicipalityRef, service: ServiceRef, *, component: bool) -> Told:
    state = _status(row["kind"], row["solution"], component=component)
    replaced = _status(row["replaced_kind"], row["replaced_solution"], component=component)
    until = None if row["until"].year == 9999 else row["until"]
    fact: said.StatusRecorded | said.StatusRetracted
    if state is not None:
        fact = said.StatusRecorded(
            municipality=town,
            service=service,
            effective_on=row["effective_on"],
            until=until,
            state=state,
            replaced=replaced,
            recorded_on=row["recorded_on"],
            correction=row["correction"],
        )
    else:
        assert replaced is not None
        fact = said.StatusRetracted(
            municipality=town,
            service=service,
            effective_on=row["effective_on"],
            until=until,
            state=None,
            replaced=replaced,
            recorded_on=row["recorded_on"],
        )
    key = Key("status", f"{town.id}/{service.key}")
    return Told(datetime.combine(row["recorded_on"], time(9), UTC), key, fact)


def _status(kind: int | None, solution: int | None, *, component: bool) -> Status | None:
    used = None if solution is None else slug(solution)
    return None if kind is None else KINDS[kind].status(used, component=component)


def _town(row: asyncpg.Record) -> MunicipalityRef:
    return MunicipalityRef(
        id=row["key"], name=row["name"], levels=tuple(level_names(row["levels"])), region=row["region"]
    )


async def _batches(said_: AsyncIterator[Told]) -> AsyncIterator[Sequence[Told]]:
    batch: list[Told] = []
    async for one in said_:
        batch.append(one)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
