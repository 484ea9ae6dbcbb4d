"""Whatever is killed in the middle of a load of writes: each acknowledged write is there exactly once, everywhere."""

import shutil
from collections import Counter
from typing import Any

import msgspec
import nats
import pytest

from tests.journeys.installation import SERVICES, Installation, eventually
from tests.journeys.load import Cell, Load, cells_of

SAXONY = "DE-SN"
OUTBOX = "postausgang-sachsen"


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_every_acknowledged_write_is_everywhere_exactly_once(installation: Installation) -> None:
    operator = await installation.token("operator")
    load = Load(installation, await cells_of(installation, SAXONY), operator)
    async with load.writing():
        await load.more(100)
        await _kill_and_start(installation.nats)
        await load.more(100)
        await _open_the_outbox(installation, operator)
        await _kill_and_start(installation.postgres)
        await load.more(100)
        for name in SERVICES:
            await _kill_and_start(installation.services[name])
            await installation.ready(name)
            await load.more(50)
        shutil.rmtree(installation.nats.store, ignore_errors=True)  # the running server writes in it
        await load.more(200)
    assert load.repeated > 0, "nothing was ever interrupted"

    feed = await installation.feed()
    assert [int(event["sequence"]) for event in feed] == list(range(1, len(feed) + 1))
    _compare_with_the_log(load.acknowledged, feed)
    await _compare_with_the_stream(installation, feed)
    await _compare_with_progress(installation, load.acknowledged, len(feed))
    await _compare_with_alerts(installation, operator, len(feed))


async def _kill_and_start(server: Any) -> None:
    server.kill()
    server.start()


def _compare_with_the_log(acknowledged: dict[Cell, int], feed: list[Any]) -> None:
    recorded = Counter(event["subject"] for event in feed if event["type"] == "ozg.catalog.status-recorded.v1")
    assert recorded == Counter(cell.subject for cell in acknowledged)
    assert all(feed[position - 1]["subject"] == cell.subject for cell, position in acknowledged.items())


async def _compare_with_the_stream(installation: Installation, feed: list[Any]) -> None:
    client = await nats.connect(installation.nats.url)
    try:
        stream = client.jetstream()

        async def complete() -> bool:
            return (await stream.stream_info("CATALOG")).state.last_seq == len(feed)

        await eventually(complete, lambda: installation.services["catalog"].last_words)
        subscription = await stream.subscribe("ozg.catalog.>", ordered_consumer=True)
        for event in feed:
            message = await subscription.next_msg(timeout=20)
            assert msgspec.json.decode(message.data) == event
    finally:
        await client.close()


async def _compare_with_progress(installation: Installation, acknowledged: dict[Cell, int], head: int) -> None:
    figures = await installation.get("progress", f"/regions/{SAXONY}", at_least=head)
    assert figures["online"]["numerator"] == len(acknowledged)
    assert figures["compliant"]["numerator"] == len(acknowledged)
    by_town = Counter(cell.town for cell in acknowledged)
    for town, count in list(by_town.items())[:5]:
        own = (await installation.get("progress", f"/municipalities/{town}"))["online"]["own"]
        assert own["numerator"] == count


async def _open_the_outbox(installation: Installation, operator: dict[str, str]) -> None:
    """In the middle of it all a solution opens: everyone in Saxony is to hear of it once."""
    body = {
        "name": "Digitaler Postausgang",
        "kind": "joint_operation",
        "services": ["basis:postausgang"],
        "publisher": "ars:147130000000",
    }
    status, answer = await installation.call("PUT", "catalog", f"/solutions/{OUTBOX}", headers=operator, json=body)
    assert status == 201, answer
    status, answer = await installation.call(
        "PUT", "catalog", f"/solutions/{OUTBOX}/availability/{SAXONY}", headers=operator, json={"from": "2026-11-01"}
    )
    assert status in (200, 201), answer


async def _compare_with_alerts(installation: Installation, operator: dict[str, str], head: int) -> None:
    page = await installation.get("catalog", "/municipalities", region=SAXONY, limit=1000)
    for town in page["items"][:60]:
        path = f"/municipalities/{town['id']}/alerts"
        inbox = await installation.get("notifier", path, at_least=head)
        assert len(inbox["items"]) == 1, (town["name"], inbox)
