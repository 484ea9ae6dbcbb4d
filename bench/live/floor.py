"""The least between a write and what is read, one event after the other: `{"seconds": 3}` is answered with how long each took.

An INSERT and its commit, a publish and its acknowledgement, a receipt, an UPSERT and its commit; plain asyncpg and nats-py,
one document as the catalog keeps it.

    python -m bench.live.floor postgresql://…floor nats://… postgresql://…catalog
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from typing import Any

import nats

from bench.frame.answering import answer
from edge import serving
from events.log.connect import connect

_TABLES = """
CREATE TABLE floor_events (position bigint PRIMARY KEY, document bytea NOT NULL);
CREATE TABLE floor_seen (name text PRIMARY KEY, position bigint NOT NULL, document bytea NOT NULL);
"""
_INSERT = "INSERT INTO floor_events VALUES ($1, $2)"
_UPSERT = """
INSERT INTO floor_seen VALUES ('floor', $1, $2)
ON CONFLICT (name) DO UPDATE SET position = excluded.position, document = excluded.document
"""
_LAST = "SELECT document FROM events WHERE type LIKE '%status-recorded%' ORDER BY position DESC LIMIT 1"


async def main(database_url: str, nats_url: str, catalog_url: str) -> None:
    catalog = await connect(catalog_url)
    document = await catalog.fetchval(_LAST)
    await catalog.close()
    writer, reader = await connect(database_url), await connect(database_url)
    await writer.execute(_TABLES)
    client = await nats.connect(nats_url)
    stream = client.jetstream()
    await stream.add_stream(name="FLOOR", subjects=["floor.>"])
    subscription = await stream.subscribe("floor.>", ordered_consumer=True)
    position = 0

    async def one() -> None:
        nonlocal position
        position += 1
        await writer.execute(_INSERT, position, document)
        await stream.publish("floor.status.recorded.DE.SN.147130000000", document)
        received = await subscription.next_msg(timeout=10)
        await reader.execute(_UPSERT, position, received.data)

    async def handle(question: Mapping[str, Any]) -> Mapping[str, Any]:
        took: list[float] = []
        ends = time.monotonic() + question["seconds"]
        while (began := time.monotonic()) < ends:
            await one()
            took.append(time.monotonic() - began)
            await asyncio.sleep(0)
        return {"took": took}

    await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
