"""Webhooks arrive signed, at least once, on a schedule, and nobody holds up anybody else."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks.webhooks import Webhook

from events.contracts.notifier import Filter
from notifier.audience.raising import Desk
from notifier.channels.deliveries.claiming import LEASE, claim
from notifier.channels.deliveries.endpoints import Endpoint, learn
from notifier.channels.deliveries.settling import close
from notifier.channels.webhook.addresses import Policy
from notifier.channels.webhook.sending import Answered, Sender
from notifier.database import transaction
from notifier.delivering import Delivering
from tests.notifier.listening import SECRET, Listening, eventually
from tests.notifier.receiver import Receiver
from tests.notifier.telling import (
    CHEMNITZ,
    LEIPZIG,
    OUTBOX,
    REGISTRATION,
    Told,
    opened,
    solution,
    status,
)
from tests.notifier.times import Clock

POST = solution("postausgang", OUTBOX)


async def test_the_receiver_gets_the_stored_bytes_signed(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    clock.now = datetime.now(UTC)  # the verifier looks at its own watch
    await listening(receiver.url, CHEMNITZ)
    await told(opened(POST, "DE-SN"))
    await eventually(lambda: _states(listening, ["delivered"]))
    (received,) = receiver.received
    assert received.body in await listening.documents()
    assert received.headers["Content-Type"] == "application/cloudevents+json"
    event = Webhook(SECRET).verify(received.body, received.headers)
    assert event["data"]["reason"] == "lacks-service"
    assert event["id"] in received.headers["webhook-id"]
    assert await listening.said() == [
        "subscription-opened", "alert-raised", "alert-raised", "alert-raised", "alert-delivered",
    ]  # fmt: skip


async def test_a_failed_delivery_is_repeated_under_the_same_id(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    receiver.answers = [web.Response(status=500, text="broken\x00")]
    await listening(receiver.url, CHEMNITZ)
    await told(opened(POST, "DE-SN"))
    await eventually(lambda: _attempts(listening, 1))
    (attempt,) = await listening.attempts()
    assert (attempt.status, attempt.answer) == (500, "broken�")
    (delivery,) = await listening.deliveries()
    assert (delivery.state, delivery.due_at) == ("due", clock.now + timedelta(seconds=5))
    clock.pass_(seconds=5)
    await eventually(lambda: _states(listening, ["delivered"]))
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


async def test_after_eight_attempts_it_is_given_up(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    receiver.status = 302
    await listening(receiver.url, CHEMNITZ)
    await told(opened(POST, "DE-SN"))
    for made in range(1, 9):
        await eventually(partial(_attempts, listening, made))
        clock.pass_(hours=14)
    assert await listening.states() == ["given-up"]
    assert (await listening.said())[-1] == "alert-given-up"
    assert len(receiver.received) == 8


async def test_gone_closes_the_subscription(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering
) -> None:
    receiver.status = 410
    await listening(receiver.url, CHEMNITZ)
    await told(opened(POST, "DE-SN"))
    await eventually(lambda: _states(listening, ["closed"]))
    assert (await listening.said())[-1] == "subscription-closed"
    await told(opened(solution("melde", REGISTRATION), "DE-SN"))
    assert await listening.states() == ["closed"]


async def test_retry_after_is_respected(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "120"})]
    await listening(receiver.url, CHEMNITZ)
    await told(opened(POST, "DE-SN"))
    await eventually(lambda: _attempts(listening, 1))
    (delivery,) = await listening.deliveries()
    assert delivery.due_at == clock.now + timedelta(seconds=120)


async def test_a_receiver_that_hangs_holds_up_nobody_else(
    told: Told, listening: Listening, receiver: Receiver, notifier_database: str, desk: Desk
) -> None:
    """Thirty are due where nobody ever answers, before the one where somebody does: whoever waited for them would wait for ever."""
    async with (
        Receiver() as hanging,
        Sender(Policy(loopback=True), total_seconds=600) as patient,
        Delivering(notifier_database, desk, patient, at_once=8, per_endpoint=4).running(),
    ):
        hanging.delay = 600
        for _ in range(30):
            await listening(hanging.url, CHEMNITZ)
        await listening(receiver.url, CHEMNITZ)
        await told(opened(POST, "DE-SN"))
        await eventually(lambda: _attempts(listening, 1))
        assert [one.status for one in await listening.attempts()] == [204]
        assert len(receiver.received) == 1
        assert len(hanging.received) <= 4


async def test_a_receiver_in_trouble_gets_less_and_recovers() -> None:
    now, endpoint = datetime.now(UTC), Endpoint()
    assert endpoint.bound(16, now) == 16
    learn(endpoint, Answered(204, 5), None, now)
    assert endpoint.bound(16, now) > 16
    learn(endpoint, Answered(204, 5000), None, now)
    assert endpoint.bound(16, now) == 2
    for _ in range(3):
        learn(endpoint, Answered(None, 5000, "no answer"), None, now)
    assert endpoint.bound(16, now) == 0
    assert endpoint.bound(16, now + timedelta(seconds=11)) == 1
    learn(endpoint, Answered(404, 5), None, now)
    assert endpoint.bound(16, now) > 16
    learn(endpoint, Answered(429, 5), timedelta(days=1), now)
    assert endpoint.bound(16, now + timedelta(minutes=9)) == 0
    assert endpoint.bound(16, now + timedelta(minutes=11)) > 0


async def test_whoever_subscribes_while_something_opens_hears_of_it_exactly_once(
    told: Told, listening: Listening
) -> None:
    places = [CHEMNITZ, LEIPZIG] * 10
    opening = asyncio.create_task(told(opened(POST, "DE-SN")))
    subscriptions = await asyncio.gather(*(listening("http://127.0.0.1:9/", place) for place in places))
    await opening
    assert sorted(row.subscription_id for row in await listening.deliveries()) == sorted(subscriptions)


async def test_what_a_crashed_worker_held_comes_back_with_the_same_id(
    told: Told,
    listening: Listening,
    receiver: Receiver,
    engine: AsyncEngine,
    notifier_database: str,
    desk: Desk,
    sender: Sender,
    clock: Clock,
) -> None:
    await listening(receiver.url, CHEMNITZ)
    await told(opened(POST, "DE-SN"))
    async with transaction(engine) as connection:
        (held,) = await claim(connection, clock.now, limit=10, room={}, room_of_others=4, safe=desk.safe)
    async with Delivering(notifier_database, desk, sender).running():
        await asyncio.sleep(0.5)
        assert not receiver.received
        clock.now += LEASE
        await eventually(lambda: _states(listening, ["delivered"]))
    assert receiver.received[0].headers["webhook-id"] == held.webhook_id


async def test_several_workers_send_each_alert_once(
    told: Told, listening: Listening, receiver: Receiver, notifier_database: str, desk: Desk, sender: Sender
) -> None:
    for _ in range(60):
        await listening(receiver.url, CHEMNITZ)
    async with (
        Delivering(notifier_database, desk, sender).running(),
        Delivering(notifier_database, desk, sender).running(),
    ):
        await told(opened(POST, "DE-SN"))
        await eventually(lambda: _states(listening, ["delivered"] * 60))
    assert len({one.headers["webhook-id"] for one in receiver.received}) == len(receiver.received) == 60


async def test_closing_waits_for_nobody_and_what_it_left_out_is_closed_in_its_turn(
    told: Told,
    listening: Listening,
    receiver: Receiver,
    engine: AsyncEngine,
    notifier_database: str,
    desk: Desk,
    sender: Sender,
    clock: Clock,
) -> None:
    subscription = str(await listening(receiver.url, CHEMNITZ))
    await told(opened(POST, "DE-SN"))
    async with transaction(engine) as settling:
        await settling.execute("SELECT FROM deliveries FOR UPDATE")
        async with asyncio.timeout(5), transaction(engine) as closing:
            assert await close(closing, [subscription], clock.now, "by-owner") == [subscription]
    assert await listening.states() == ["due"]
    async with Delivering(notifier_database, desk, sender).running():
        await eventually(lambda: _states(listening, ["closed"]))
    assert not receiver.received
    assert not await listening.attempts()


async def test_a_digest_gathers_until_six_in_the_morning(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    await listening(receiver.url, CHEMNITZ, mode="digest")
    await told(opened(POST, "DE-SN"))
    await told(opened(solution("melde", REGISTRATION), "DE-SN"))
    (delivery,) = await listening.deliveries()
    assert delivery.due_at == datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
    assert not receiver.received
    clock.now = delivery.due_at
    await eventually(lambda: _states(listening, ["delivered"]))
    (received,) = receiver.received
    assert received.headers["Content-Type"] == "application/cloudevents-batch+json"
    assert [one["data"]["solution"]["slug"] for one in received.event] == ["postausgang", "melde"]
    await told(opened(solution("dritte", REGISTRATION), "DE-SN"))
    assert await listening.states() == ["delivered", "due"]


async def test_a_large_digest_leaves_in_parts(
    told: Told, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.audience.raising.DIGEST_MOST", 3)
    await listening("http://127.0.0.1:9/", None, Filter(regions=("DE-SN",)), mode="digest")
    for number in (2, 5, 1):
        await told(*[status(LEIPZIG, OUTBOX, "pilot")] * number)
    deliveries = sorted(await listening.deliveries(), key=lambda row: row.digest_part)
    assert [len(row.alerts) for row in deliveries] == [3, 3, 2]
    assert sorted({position for row in deliveries for position in row.alerts}) == list(range(2, 10))


async def test_in_work_with_another_solution_is_for_the_digest(told: Told, listening: Listening) -> None:
    for place in (CHEMNITZ, LEIPZIG):
        await listening("http://127.0.0.1:9/", place)
    await told(status(CHEMNITZ, OUTBOX, "in_implementation", solution="andere"), opened(POST, "DE-SN"))
    assert sorted(row.digest_on is None for row in await listening.deliveries()) == [False, True]


async def test_a_new_subscription_gets_one_summary_of_what_is_open_now(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering
) -> None:
    await told(opened(POST, "DE-SN"), opened(solution("melde", REGISTRATION), "DE"))
    await listening(receiver.url, CHEMNITZ)
    await eventually(lambda: _states(listening, ["delivered"]))
    (received,) = receiver.received
    assert received.event["data"]["reason"] == "open-now"
    assert [one["slug"] for one in received.event["data"]["solutions"]] == ["melde", "postausgang"]
    assert received.event["data"]["about"]["type"] == "ozg.notifier.subscription-opened.v1"
    await listening(receiver.url, None, Filter(regions=("DE-SH",)))
    await eventually(lambda: _received(receiver, 2))
    assert [one["slug"] for one in receiver.received[1].event["data"]["solutions"]] == ["melde"]


async def _states(listening: Listening, expected: list[str]) -> bool:
    return await listening.states() == expected


async def _attempts(listening: Listening, number: int) -> bool:
    return len(await listening.attempts()) >= number


async def _received(receiver: Receiver, number: int) -> bool:
    return len(receiver.received) >= number
