"""The least that any follower does: an ordered consumer of the stream, which decodes every event and does nothing with it."""

import asyncio
import sys
import time
from collections.abc import Mapping
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy

from bench.frame.answering import answer
from edge import serving
from events.contracts import envelope, registry


async def main(nats_url: str, stream: str) -> None:
    """Answers how many seconds it took."""
    connection = await nats.connect(nats_url)
    jetstream = connection.jetstream()

    async def handle(question: Mapping[str, Any]) -> dict[str, Any]:
        last, done, count = question["position"], asyncio.Event(), 0

        async def decode(message: Msg) -> None:
            nonlocal count
            registry.decode(envelope.decode(message.data))
            count += 1
            if count == last:
                done.set()

        began = time.perf_counter()
        subscription = await jetstream.subscribe(
            ">",
            stream=stream,
            ordered_consumer=True,
            cb=decode,
            config=ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=1),
            pending_msgs_limit=-1,
            pending_bytes_limit=-1,
        )
        async with asyncio.timeout(600):
            await done.wait()
        seconds = time.perf_counter() - began
        await subscription.unsubscribe()
        return {"seconds": seconds}

    await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
