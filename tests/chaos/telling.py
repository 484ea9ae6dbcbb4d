"""Who was to be told, and who was: alerts by the notifier's log, deliveries by the receivers' own books."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from tests.chaos.envelope import Envelope
from tests.chaos.load import OPERATOR, PATIENCE_SECONDS
from tests.chaos.report import Line
from tests.chaos.world import REGION, World

OPENED: Final = "ozg.catalog.solution-became-available.v1"
RAISED: Final = "ozg.notifier.alert-raised.v1"
QUIET_SECONDS: Final = 2.0
"""Longer than the notifier waits before it writes down what was delivered."""


async def alerts(world: World, catalog: Sequence[Envelope], notifier: Sequence[Envelope]) -> Line:
    """Each town of the region that delivers the service is told of each opening, once."""
    towns = await _towns(world)
    opened = [one.sequence for one in catalog if one.type == OPENED and one.data["availability"]["region"] == REGION]
    due = {(sequence, town) for sequence in opened for town in towns}
    raised = Counter(
        (event.data["about"]["sequence"], event.data["municipality"]["id"])
        for event in notifier
        if event.type == RAISED and event.data["reason"] == "lacks-service"
    )
    missing = sum(1 for one in due if one not in raised)
    doubled = sum(count - (one in due) for one, count in raised.items())
    return Line("alerts", len(due), raised.total(), missing, doubled)


def deliveries(world: World, notifier: Sequence[Envelope]) -> list[Line]:
    """Each alert of a subscriber's town came, under one webhook-id; the same id may come twice, and is counted apart."""
    due = {town: _alerts_of(notifier, town) for town in world.subscribers}
    ids: Counter[tuple[str, str]] = Counter()
    repeated = missing = 0
    for town, subscriber in world.subscribers.items():
        told = [one for one in subscriber.receiver.received if one.event["type"] == RAISED]
        came = Counter((one.event["data"]["alert"], one.headers["webhook-id"]) for one in told)
        repeated += came.total() - len(came)
        ids.update((town, alert) for alert, _ in came if alert in due[town])
        missing += len(due[town] - {alert for alert, _ in came})
    doubled = sum(count - 1 for count in ids.values())
    total = sum(map(len, due.values()))
    return [
        Line("webhooks of them", total, len(ids), missing, doubled),
        Line(f"(the same again, as announced: {repeated})", 0, 0, 0, 0),
    ]


async def settled(world: World) -> None:
    """Until nothing is to be sent any more and the notifier has written down what came of it.

    What failed waits for its next attempt for minutes, and what fell due while the clock was wrong perhaps for hours; an
    operator sends it now.
    """
    before, deadline = 0, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        head = await world.head("notifier")
        if not await _send_again(world) and head == before:
            return
        before = head
        await asyncio.sleep(QUIET_SECONDS)
    raise TimeoutError("something is still to be sent")


async def _send_again(world: World) -> bool:
    """Whether anything is still to be sent."""
    query = "SELECT id, attempts > 0 OR due_at > now() FROM deliveries WHERE state = 'due'"
    due = (await world.sql(query, "notifier")).splitlines()
    for line in due:
        id_, is_later = line.split("|")
        if is_later == "t":
            await world.installation.call(
                "POST", "notifier", f"/deliveries/{id_}/redeliver", headers=world.tokens[OPERATOR]
            )
    return bool(due)


def _alerts_of(notifier: Sequence[Envelope], town: str) -> set[str]:
    return {event.data["alert"] for event in notifier if event.type == RAISED and _is(event.data["municipality"], town)}


def _is(municipality: Any, town: str) -> bool:
    return municipality is not None and municipality["id"] == town


async def _towns(world: World) -> list[str]:
    """Everybody of the region: whoever is there delivers that service for itself."""
    found = await world.get("catalog", "/municipalities", region=REGION, limit=1000)
    return [one["id"] for one in found["items"]]
