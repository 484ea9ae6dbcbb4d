"""The main job: a town records, everyone sees, and those who lack it hear when something reusable appears."""

from typing import Any

import msgspec
import nats

from tests.journeys.installation import Installation, eventually
from tests.journeys.receiver import Receiver

LEIPZIG = "147130000000"
CHEMNITZ = "145110000000"
FLENSBURG = "010010000000"
WOHNSITZ = "99115005104000"
ALERT = "ozg.notifier.alert-raised.v1"


async def test_a_town_records_and_everyone_sees_it(installation: Installation) -> None:
    editor = await installation.token("editor", LEIPZIG)
    before = await installation.get("progress", f"/municipalities/{LEIPZIG}")
    status, kept = await installation.call(
        "PUT",
        "catalog",
        f"/municipalities/{LEIPZIG}/services/{WOHNSITZ}/status",
        headers=editor,
        json={"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}, "effective_on": "2026-11-01"},
    )
    assert (status, kept["version"]) == (201, 1), kept
    after = await installation.get("progress", f"/municipalities/{LEIPZIG}", at_least=kept["position"])
    for kind in ("online", "compliant"):
        own = after[kind]["own"]
        assert own["numerator"] == before[kind]["own"]["numerator"] + 1
        assert own["denominator"] == before[kind]["own"]["denominator"] > 100
        assert own["unit"] == "services"
        assert own["definition"] == f"{kind}@1"
    assert after["position"] >= kept["position"]


async def test_peers_hear_once_when_a_solution_becomes_available(
    installation: Installation, receiver: Receiver
) -> None:
    secret = await _subscribe_chemnitz(installation, receiver)
    publisher = await installation.token("publisher", LEIPZIG)
    await _publish_the_outbox(installation, publisher)
    opened = await _open_saxony(installation, publisher)

    await eventually(lambda: _has(receiver, 1), lambda: installation.services["notifier"].last_words)
    (told,) = receiver.of_type(ALERT)
    alert = told.verified_with(secret)
    assert alert["data"]["reason"] == "lacks-service"
    assert alert["data"]["municipality"]["id"] == f"ars:{CHEMNITZ}"
    assert [service["key"] for service in alert["data"]["services"]] == ["basis:postausgang"]
    assert int(alert["data"]["about"]["sequence"]) == opened["position"]

    inbox = await installation.get("notifier", f"/municipalities/{CHEMNITZ}/alerts")
    assert len(inbox["items"]) == 1
    chances = await installation.get(
        "progress", f"/municipalities/{CHEMNITZ}/opportunities", at_least=opened["position"]
    )
    assert [item["solution"]["slug"] for item in chances["items"]] == ["postausgang-sachsen"]
    elsewhere = await installation.get("notifier", f"/municipalities/{FLENSBURG}/alerts", at_least=opened["position"])
    assert elsewhere["items"] == []

    again = await _close_and_open_again(installation, publisher)
    await installation.get("notifier", f"/municipalities/{CHEMNITZ}/alerts", at_least=again["position"])
    inbox = await installation.get("notifier", f"/municipalities/{CHEMNITZ}/alerts")
    assert len(inbox["items"]) == 1
    assert len(receiver.of_type(ALERT)) == 1


async def test_the_stream_carries_the_feed_byte_for_byte(installation: Installation) -> None:
    await _open_saxony_from_nothing(installation)
    async with installation.session.get(
        f"{installation.services['catalog'].url}/events", params={"after": "0", "limit": "5000"}
    ) as response:
        assert response.headers["Content-Type"].startswith("application/cloudevents-batch+json")
        page = await response.read()
    head = len(await installation.feed())
    client = await nats.connect(installation.nats.url)
    try:
        stream = client.jetstream()

        async def carried() -> bool:
            return (await stream.stream_info("CATALOG")).state.last_seq == head

        await eventually(carried)
        raw = msgspec.json.decode(page, type=list[msgspec.Raw])
        for position in [1, 2, 500, len(raw)]:
            message = await stream.get_msg("CATALOG", seq=position)
            assert message.data == bytes(raw[position - 1])
        last = await stream.get_last_msg("CATALOG", "ozg.catalog.solution.became-available.DE.SN.*")
        assert msgspec.json.decode(last.data or b"")["subject"] == "solution:postausgang-sachsen"
    finally:
        await client.close()


async def _has(receiver: Receiver, alerts: int) -> bool:
    return len(receiver.of_type(ALERT)) >= alerts


async def _subscribe_chemnitz(installation: Installation, receiver: Receiver) -> str:
    status, opened = await installation.call(
        "POST",
        "notifier",
        "/subscriptions",
        headers=await installation.token("editor", CHEMNITZ),
        json={"channel": {"kind": "webhook", "url": receiver.url}, "municipality": CHEMNITZ},
    )
    assert status == 201, opened
    secret: str = opened["secret"]
    assert secret.startswith("whsec_")
    return secret


async def _publish_the_outbox(installation: Installation, publisher: dict[str, str]) -> None:
    status, body = await installation.call(
        "PUT",
        "catalog",
        "/solutions/postausgang-sachsen",
        headers=publisher,
        json={
            "name": "Digitaler Postausgang",
            "kind": "joint_operation",
            "services": ["basis:postausgang"],
            "publisher": f"ars:{LEIPZIG}",
        },
    )
    assert status == 201, body


async def _open_saxony(installation: Installation, publisher: dict[str, str]) -> Any:
    status, body = await installation.call(
        "PUT",
        "catalog",
        "/solutions/postausgang-sachsen/availability/DE-SN",
        headers=publisher,
        json={"from": "2026-11-01", "terms": {"contract": "Nachnutzungsvereinbarung"}},
    )
    assert status in (200, 201), body
    return body


async def _close_and_open_again(installation: Installation, publisher: dict[str, str]) -> Any:
    path = "/solutions/postausgang-sachsen/availability/DE-SN"
    status, body = await installation.call("DELETE", "catalog", path, headers=publisher)
    assert status in (200, 204), body
    return await _open_saxony(installation, publisher)


async def _open_saxony_from_nothing(installation: Installation) -> None:
    publisher = await installation.token("publisher", LEIPZIG)
    await _publish_the_outbox(installation, publisher)
    await _open_saxony(installation, publisher)
