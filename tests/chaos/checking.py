"""After the faults: what was acknowledged is in the log once, and everything else is what the log says."""

from collections.abc import Sequence
from typing import Final

import msgspec
import nats

from tests.chaos import models, promises, routes
from tests.chaos.envelope import Envelope
from tests.chaos.report import Line
from tests.chaos.telling import alerts, deliveries, settled
from tests.chaos.world import ANSWERS_WITHIN_SECONDS, STREAMS, World

MESSAGE_SECONDS: Final = 120.0

_decode = msgspec.json.Decoder(Envelope).decode


async def check(world: World) -> list[Line]:
    """Nobody writes meanwhile. Waits, for a bounded time, until everybody has heard everything."""
    acknowledged = world.load.acknowledged
    await world.healthy()
    repeats = await promises.repeats(world)
    await world.heard()
    await settled(world)
    documents = {name: await _log(world, name) for name in STREAMS}
    told = {name: [_decode(document) for document in log] for name, log in documents.items()}
    everything = [*told["catalog"], *told["notifier"]]
    return [
        await routes.called(world, (one.write for one in acknowledged.values())),
        *promises.kept(acknowledged, everything),
        promises.unexpected(world.load),
        repeats,
        promises.by_delegates(acknowledged, everything),
        await promises.secrets(world, acknowledged),
        *(_order(name, log) for name, log in told.items()),
        *[await _stream(world, name, log) for name, log in documents.items()],
        await models.states(world),
        await models.read_models(world),
        await models.verified(world),
        await alerts(world, told["catalog"], told["notifier"]),
        *deliveries(world, told["notifier"]),
    ]


async def _log(world: World, name: str) -> list[bytes]:
    rows = await models.rows_of(world, name, "SELECT document FROM events ORDER BY position")
    return [row["document"] for row in rows]


def _order(name: str, log: Sequence[Envelope]) -> Line:
    wrong = sum(int(event.sequence) != position for position, event in enumerate(log, 1))
    doubled = len(log) - len({event.id for event in log})
    return Line(f"{name}'s log is in order", len(log), len(log) - wrong, wrong, doubled)


async def _stream(world: World, name: str, log: Sequence[bytes]) -> Line:
    await world.published(name)
    client = await nats.connect(world.nats.url, connect_timeout=ANSWERS_WITHIN_SECONDS)
    try:
        stream = client.jetstream(timeout=MESSAGE_SECONDS)
        information = await stream.stream_info(STREAMS[name])
        subscription = await stream.subscribe(f"ozg.{name}.>", ordered_consumer=True)
        same = 0
        for document in log[: information.state.messages]:
            same += (await subscription.next_msg(timeout=MESSAGE_SECONDS)).data == document
    finally:
        await client.close()
    return Line(f"stream {STREAMS[name]} = log", len(log), same, len(log) - same, information.state.messages - len(log))
