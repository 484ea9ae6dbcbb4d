"""Catalogs whose logs have 2 × 10⁴, 10⁵ and 10⁶ events: made once, kept in `.data/bench/growth`, and copied for whoever writes into one.

Their events are those of `bench.history`; beside them lie the states that the catalog keeps, so that it can go on writing.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from bench.frame import Bench
from bench.history import saying
from bench.history.making import made
from catalog.domain.status import StatusState
from catalog.keeping.statuses import Statuses
from embedded.postgres import Postgres
from events.contracts import envelope, registry
from events.contracts.envelope import Envelope
from events.deciding import Key, Recorded
from events.log.connect import Connection, connect

OF: Final = "events in the log"
FOLDER: Final = "growth"
_AT_ONCE: Final = 5000
_SAID: Final = "SELECT stream, version, document FROM events WHERE stream LIKE 'status/%' ORDER BY stream, version"


class Long(NamedTuple):
    """A catalog's database with so many events."""

    name: str
    url: str
    events: int


class Logs:
    """A running server and the catalogs in it."""

    def __init__(self, bench: Bench, server: Postgres) -> None:
        self._bench = bench
        self._server = server

    @property
    def sizes(self) -> tuple[int, ...]:
        """The reference catalogue alone is some 12,500 events, so the shortest log is a little longer."""
        return self._bench.pick((20_000, 100_000, 1_000_000), (20_000, 40_000))

    async def of(self, size: int) -> Long:
        """With as many events. To be read only."""
        url = await made(self._server, size, self._bench.say)
        connection = await connect(url)
        try:
            await _keep_states(connection)
            events: int = await connection.fetchval("SELECT position FROM heads")
        finally:
            await connection.close()
        return Long(f"history_{size}", url, events)

    @asynccontextmanager
    async def copy(self, long: Long) -> AsyncIterator[str]:
        """Another one that is just the same, to be written into."""
        name = f"{long.name}_copy"
        self._drop(name)
        self._server.sql(f"CREATE DATABASE {name} TEMPLATE {long.name} STRATEGY file_copy")
        try:
            yield self._server.url(name)
        finally:
            self._drop(name)

    @asynccontextmanager
    async def empty(self, name: str) -> AsyncIterator[str]:
        """An empty database on the same server."""
        self._drop(name)
        self._server.create_databases([name])
        try:
            yield self._server.url(name)
        finally:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def logs(bench: Bench) -> AsyncIterator[Logs]:
    """Made again when what they are made of has changed."""
    async with bench.kept_postgres(FOLDER) as server:
        mark, today = bench.folder / FOLDER / "made-of", _digest()
        if not mark.exists() or mark.read_text() != today:
            for name in server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'history_%'").split():
                server.sql(f"DROP DATABASE {name} WITH (FORCE)")
            mark.write_text(today)
        yield Logs(bench, server)


def _digest() -> str:
    """Of what is said, and of the catalogue about which it is said."""
    sum_ = hashlib.sha256(Path(saying.__file__).read_bytes())
    for one in sorted((resources.files("catalog.reference") / "data").iterdir(), key=lambda file: file.name):
        if one.is_file():
            sum_.update(one.read_bytes())
    return sum_.hexdigest()


async def _keep_states(connection: Connection) -> None:
    """What the product's keeper makes of the events, if it is not there yet."""
    if await connection.fetchval("SELECT EXISTS (SELECT FROM statuses)"):
        return
    keeper = Statuses()
    async with connection.transaction():
        rows: list[asyncpg.Record] = []
        async for row in connection.cursor(_SAID, prefetch=_AT_ONCE):
            if len(rows) >= _AT_ONCE and row["stream"] != rows[-1]["stream"]:
                await _copy(connection, keeper, rows)
                rows.clear()
            rows.append(row)
        await _copy(connection, keeper, rows)
    await connection.execute("VACUUM ANALYZE")


async def _copy(connection: Connection, keeper: Statuses, rows: Sequence[asyncpg.Record]) -> None:
    records = [keeper.row(identity, state) for identity, state in _folded(keeper, rows)]
    await connection.copy_records_to_table(keeper.table, records=records, columns=keeper.columns)


def _folded(keeper: Statuses, rows: Sequence[asyncpg.Record]) -> Iterator[tuple[str, StatusState]]:
    for stream, own in groupby(rows, lambda row: row["stream"]):
        key = Key("status", str(stream).removeprefix("status/"))
        state: StatusState | None = None
        for row in own:
            state = keeper.evolve(state, _recorded(key, row["version"], envelope.decode(row["document"])))
        assert state is not None
        yield key.id, state


def _recorded(key: Key, version: int, said: Envelope) -> Recorded:
    return Recorded(
        position=said.position,
        id=UUID(said.id),
        key=key,
        version=version,
        time=said.time,
        actor=said.actor,
        data=registry.decode(said),
    )
