"""Publishes the whole log of a database into an emptied stream: `{"who": "ours"}` is answered with the rate.

python -m bench.relaying postgresql://… nats://…
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import structlog

from bench.frame.answering import answer
from bench.relaying.ready import Wire, batches
from edge import serving
from events.bus.connection import connected
from events.bus.outbox import Entry
from events.bus.relay import Relay
from events.bus.streams import BATCH_LIMIT, rebuild
from events.contracts.envelope import CONTENT_TYPE
from events.log.connect import connect

SPEAKER = "catalog"
MOST_READY = 100_000
"""Of a longer log so many are published by those who have them in memory."""


async def main(database_url: str, nats_url: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    connection = await connect(database_url)
    rows = await connection.fetch("SELECT position, topic, document FROM events ORDER BY position LIMIT $1", MOST_READY)
    head = await connection.fetchval("SELECT position FROM heads")
    await connection.close()
    entries = [Entry(*row) for row in rows]
    ready = batches(entries)

    async def ours() -> None:
        relay = Relay(database_url, nats_url, speaker=SPEAKER)
        async with relay.running():
            while relay.status.stream_position < head:  # noqa: ASYNC110 - it tells nobody when it is there
                await asyncio.sleep(0.002)

    async def floor() -> None:
        async with Wire.opened(nats_url) as wire:
            await wire.publish(ready)

    async def client() -> None:
        await _one_publish_each(nats_url, entries)

    acts: Mapping[str, Callable[[], Awaitable[None]]] = {"ours": ours, "floor": floor, "nats-py": client}

    async def handle(question: Mapping[str, Any]) -> Mapping[str, Any]:
        await rebuild(nats_url, SPEAKER)
        began = time.perf_counter()
        await acts[question["who"]]()
        published = head if question["who"] == "ours" else len(entries)
        return {"rate": published / (time.perf_counter() - began), "events": published}

    await answer(handle)


async def _one_publish_each(nats_url: str, entries: list[Entry]) -> None:
    """As the client's documentation says, with the headers of an atomic batch."""
    async with connected(nats_url, "bench") as connection:
        for start in range(0, len(entries), BATCH_LIMIT):
            batch = entries[start : start + BATCH_LIMIT]
            headers = {
                "Content-Type": CONTENT_TYPE,
                "Nats-Batch-Id": uuid4().hex,
                "Nats-Expected-Last-Sequence": str(start),
            }
            for number, entry in enumerate(batch, 1):
                headers["Nats-Batch-Sequence"] = str(number)
                if number == len(batch):
                    headers["Nats-Batch-Commit"] = "1"
                    said = await connection.client.request(entry.topic, entry.document, timeout=5, headers=headers)
                    assert b'"error"' not in said.data, said.data
                else:
                    await connection.client.publish(entry.topic, entry.document, headers=headers)
                headers.pop("Nats-Expected-Last-Sequence", None)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
