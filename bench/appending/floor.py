"""The least that any program must do to keep the same rows: take what is waiting, write it in one statement, commit, answer.

An event's row, the current status' row and the head, byte for byte as the product wrote them, but ready-made: nothing is decided, read,
checked or encoded, there is no trigger and no index of streams and versions. `plain` is what a program without a queue does: a
transaction for each caller, three statements.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import cycle
from typing import Any, NamedTuple
from uuid import UUID

from bench.appending.callers import call
from bench.appending.cells import cells
from bench.frame.answering import answer
from edge import serving
from events.log.connect import Connection, connect

TABLES = """
CREATE TABLE IF NOT EXISTS events (
    position bigint PRIMARY KEY, id uuid NOT NULL, stream text NOT NULL, version int NOT NULL, type text NOT NULL, topic text NOT NULL,
    time timestamptz NOT NULL, document bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS statuses (
    municipality text, service text, version int NOT NULL, confirmed_on date, timeline jsonb NOT NULL, PRIMARY KEY (municipality, service)
);
CREATE TABLE IF NOT EXISTS heads (log text PRIMARY KEY, position bigint NOT NULL);
INSERT INTO heads VALUES ('catalog', 0) ON CONFLICT DO NOTHING
"""
_READY = """
SELECT e.id, e.type, e.topic, e.time, e.document, s.timeline::text AS timeline FROM events e
JOIN statuses s ON e.stream = 'status/' || s.municipality || '/' || s.service ORDER BY e.position DESC LIMIT 5000
"""
_EVENTS = """
INSERT INTO events (position, id, stream, version, type, topic, time, document)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[])
"""
_ALL = f"""
WITH head AS (UPDATE heads SET position = $13 WHERE log = 'catalog'), events AS ({_EVENTS})
INSERT INTO statuses (municipality, service, version, timeline)
SELECT * FROM unnest($9::text[], $10::text[], $11::int[], $12::jsonb[])
ON CONFLICT (municipality, service) DO UPDATE SET version = excluded.version, timeline = excluded.timeline
"""
_EVENT = "INSERT INTO events VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
_STATUS = """
INSERT INTO statuses (municipality, service, version, timeline) VALUES ($1, $2, $3, $4)
ON CONFLICT (municipality, service) DO UPDATE SET version = excluded.version, timeline = excluded.timeline
"""
_HEAD = "UPDATE heads SET position = $1 WHERE log = 'catalog'"
_SETTINGS = {"synchronous_commit": "on", "plan_cache_mode": "force_custom_plan", "jit": "off"}


class Ready(NamedTuple):
    """A row that only has to be written, in the order of the columns."""

    id: UUID
    stream: str
    version: int
    type: str
    topic: str
    time: datetime
    document: bytes
    municipality: str
    service: str
    timeline: str


class Floor:
    """One connection and what waits for it."""

    def __init__(self, connection: Connection, rows: Iterator[Ready], position: int) -> None:
        self._connection = connection
        self._rows = rows
        self._position = position
        self._waiting: list[tuple[Ready, asyncio.Future[None]]] = []
        self._some = asyncio.Event()

    async def append(self) -> None:
        """Answered when it is committed."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((next(self._rows), done))
        self._some.set()
        await done

    async def run(self) -> None:
        """Never waits for more, as the product does."""
        while True:
            await self._some.wait()
            self._some.clear()
            batch, self._waiting = self._waiting, []
            await self._write([row for row, _ in batch])
            for _, done in batch:
                done.set_result(None)

    async def _write(self, rows: list[Ready]) -> None:
        ids, streams, versions, types, topics, times, documents, municipalities, services, timelines = zip(
            *rows, strict=True
        )
        first, self._position = self._position + 1, self._position + len(rows)
        positions = range(first, self._position + 1)
        events = (list(positions), ids, streams, versions, types, topics, times, documents)
        await self._connection.execute(_ALL, *events, municipalities, services, versions, timelines, self._position)

    async def plain(self) -> None:
        """One plain transaction, for one caller alone."""
        row = next(self._rows)
        self._position += 1
        async with self._connection.transaction():
            await self._connection.execute(_EVENT, self._position, *row[:7])
            await self._connection.execute(_STATUS, row.municipality, row.service, row.version, row.timeline)
            await self._connection.execute(_HEAD, self._position)


async def main(url: str, source: str) -> None:
    """Rows as they were written in `source`, under the keys of cells that have none yet."""
    connection = await connect(url, **_SETTINGS)
    await connection.execute(TABLES)
    position = await connection.fetchval("SELECT position FROM heads")
    floor = Floor(connection, await _ready(source, position), position)

    async def handle(question: Mapping[str, Any]) -> dict[str, Any]:
        return await call(floor.plain if question.get("plain") else floor.append, question)

    task = asyncio.create_task(floor.run())
    await answer(handle)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _ready(source: str, after: int) -> Iterator[Ready]:
    connection = await connect(source)
    try:
        written = await connection.fetch(_READY)
    finally:
        await connection.close()
    waiting = await cells(source)
    for _ in range(after):
        next(waiting)
    return (
        Ready(
            id=row["id"],
            stream=f"status/{municipality}/{service}",
            version=1,
            type=row["type"],
            topic=row["topic"],
            time=row["time"],
            document=row["document"],
            municipality=municipality,
            service=service,
            timeline=row["timeline"],
        )
        for (municipality, service), row in zip(waiting, cycle(written), strict=False)
    )


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
