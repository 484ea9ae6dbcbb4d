"""The whole notifier at work: it follows a catalog's feed and stream, tells, delivers, and relays what it says."""

import asyncio
from collections.abc import AsyncIterator

import nats
import nats.js.errors
import pytest

from events.bus.relay import Relay
from events.following import Follower
from notifier.settings import NotifierSettings
from notifier.worker import working
from tests.events.a_log import ALog, make_log
from tests.events.feeds import served
from tests.harness.nats import NatsServer
from tests.harness.postgres import Databases
from tests.notifier.app import App, running
from tests.notifier.listening import Listening, eventually
from tests.notifier.receiver import Receiver
from tests.notifier.telling import CHEMNITZ, FLENSBURG, LEIPZIG, OUTBOX, listed, opened, registered, solution
from tests.notifier.times import Clock, Ids

POST = solution("postausgang", OUTBOX)


@pytest.fixture
async def catalog(make_database: Databases) -> ALog:
    """A catalog that knows three towns and one component."""
    url = make_database()
    await make_log(url)
    log = ALog(url)
    await log.say(facts=[*(registered(ref) for ref in (CHEMNITZ, LEIPZIG, FLENSBURG)), listed(OUTBOX)])
    return log


@pytest.fixture
async def settings(catalog: ALog, notifier_database: str, own_nats: NatsServer) -> AsyncIterator[NotifierSettings]:
    """Everything an installation has: the catalog's feed, its relay, a nats-server."""
    async with served(catalog) as feed, Relay(catalog.url, own_nats.url, speaker="catalog").running():
        yield NotifierSettings(
            database_url=notifier_database,
            catalog_url=feed,
            nats_url=own_nats.url,
            installation="test",
            allow_loopback_webhooks=True,
        )


@pytest.mark.containers
async def test_an_opening_reaches_receiver_inbox_and_stream_with_the_same_bytes(
    settings: NotifierSettings, catalog: ALog, listening: Listening, receiver: Receiver, clock: Clock, new_id: Ids
) -> None:
    async with (
        working(settings) as at_work,
        running(settings.database_url, clock, new_id) as app,
    ):
        await eventually(lambda: _known(app))
        await listening(receiver.url, CHEMNITZ)
        position = await catalog.say(facts=[opened(POST, "DE-SN")])
        status, inbox = await app.call("GET", f"/municipalities/{CHEMNITZ.id}/alerts?at_least={position}")
        assert (status, len(inbox["items"])) == (200, 1)
        elsewhere = await app.call("GET", f"/municipalities/{FLENSBURG.id}/alerts?at_least={position}")
        assert elsewhere[1]["items"] == []
        await eventually(lambda: _said(listening, "alert-delivered"))
        (received,) = receiver.received
        number = inbox["items"][0]["position"]
        raw = (await app.raw("GET", f"/municipalities/{CHEMNITZ.id}/alerts")).content
        assert received.body in raw
        assert await _streamed(settings.nats_url, number) == received.body
        metrics = (await app.raw("GET", "/-/metrics")).content.decode()
        assert f"notifier_follower_position {float(position)}" in metrics
        assert 'notifier_delivery_attempts_total{outcome="taken"} 1.0' in metrics
    assert at_work.follower.status.position == position


async def test_stopping_and_starting_in_the_middle_tells_everyone_once(
    settings: NotifierSettings, catalog: ALog, listening: Listening
) -> None:
    for number in range(8):
        async with working(settings):
            await catalog.say(facts=[opened(solution(f"eins-{number}", OUTBOX), "DE-SN")])
            await asyncio.sleep(0.05 * number)
    async with working(settings) as at_work:
        await eventually(lambda: _heard(at_work.follower, 12))
    assert await listening.said() == ["alert-raised"] * 16


async def test_an_event_nobody_understands_stops_the_follower_and_shows(
    settings: NotifierSettings, catalog: ALog, clock: Clock, new_id: Ids
) -> None:
    await catalog.say(
        facts=[registered(CHEMNITZ.__class__(id="ars:1", name="\x00", levels=("commune",), region="DE-SN"))]
    )
    async with working(settings), running(settings.database_url, clock, new_id) as app:
        await eventually(lambda: _degraded(app))
        _, health = await app.call("GET", "/-/health")
        assert "halted" in health["conditions"]["follower"]


async def _known(app: App) -> bool:
    return (await app.call("GET", f"/municipalities/{CHEMNITZ.id}/alerts"))[0] == 200


async def _said(listening: Listening, name: str) -> bool:
    return name in await listening.said()


async def _heard(follower: Follower, position: int) -> bool:
    return follower.status.position >= position


async def _degraded(app: App) -> bool:
    return bool((await app.call("GET", "/-/health"))[1]["status"] == "degraded")


async def _streamed(url: str, position: int) -> bytes | None:
    client = await nats.connect(url)
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    return (await client.jetstream().get_msg("NOTIFIER", position)).data
                except nats.js.errors.NotFoundError:
                    await asyncio.sleep(0.05)
    finally:
        await client.close()
