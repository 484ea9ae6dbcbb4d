"""Where nothing arrives for five days nothing is sent any more; the inbox says so, and it can be switched on again."""

from functools import partial
from typing import Any

from notifier.delivering import Delivering
from tests.notifier.app import App
from tests.notifier.listening import Listening, eventually
from tests.notifier.receiver import Receiver
from tests.notifier.telling import CHEMNITZ, OUTBOX, REGISTRATION, Told, opened, solution
from tests.notifier.times import Clock

EDITOR = ("editor", CHEMNITZ.id)
INBOX = f"/municipalities/{CHEMNITZ.id}/alerts"


async def test_after_five_days_it_is_disabled_and_the_inbox_tells_how_to_switch_it_on(
    app: App, told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    path = await _subscribed(app, receiver)
    since = clock.now
    await _fail_a_delivery("a", told, listening, receiver, clock)
    assert (await _shown(app, path))["disabled_at"] is None
    await _fail_a_delivery("b", told, listening, receiver, clock)
    shown = await _shown(app, path)
    assert shown["failing_since"] == f"{since:%Y-%m-%dT%H:%M:%SZ}"
    assert shown["disabled_at"] is not None
    assert (await listening.said())[-2:] == ["alert-given-up", "subscription-disabled"]

    _, inbox = await app.call("GET", f"{INBOX}?limit=1")
    (notice,) = inbox["items"]
    assert notice["reason"] == "subscription-disabled"
    assert notice["event"]["type"] == "ozg.notifier.subscription-disabled.v1"
    assert f"{since:%d.%m.%Y}" in notice["event"]["data"]["title"]["de"]
    assert f"POST /api/notifier/v1{path}/reactivate" in notice["event"]["data"]["title"]["de"]
    assert f"POST /api/notifier/v1{path}/reactivate" in notice["event"]["data"]["title"]["en"]
    assert b"Ihr Webhook ist abgeschaltet" in (await app.raw("GET", f"{INBOX}.atom")).content

    before = len(receiver.received)
    await told(opened(solution("c", OUTBOX), "DE-SN"))
    assert len(await listening.deliveries()) == 2
    again = f"/deliveries/{(await listening.deliveries())[0].id}/redeliver"
    for what in (again, f"{path}/redeliver"):
        status, refused = await app.call("POST", what, as_=EDITOR)
        assert (status, refused["type"]) == (409, "urn:ozg:problem:subscription-disabled")
    assert len(receiver.received) == before


async def test_reactivating_sends_what_is_open_now_and_begins_anew(
    app: App, told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    path = await _subscribed(app, receiver)
    for slug in "ab":
        await _fail_a_delivery(slug, told, listening, receiver, clock)
    receiver.status = 204
    assert (await app.call("POST", f"{path}/reactivate", as_=("editor", "ars:147130000000")))[0] == 404
    for _ in range(2):
        status, shown = await app.call("POST", f"{path}/reactivate", as_=EDITOR)
        assert (status, shown["failing_since"], shown["disabled_at"]) == (200, None, None)
    await eventually(lambda: _states(listening, ["given-up", "given-up", "delivered"]))
    summary = receiver.received[-1].event["data"]
    assert (summary["reason"], [one["slug"] for one in summary["solutions"]]) == ("open-now", ["a", "b"])
    assert (await listening.said()).count("subscription-reactivated") == 1
    _, dead = await app.call("GET", f"{path}/deliveries?state=given-up", as_=EDITOR)
    assert [len(one["attempts"]) for one in dead["items"]] == [8, 8]
    assert await app.call("POST", f"{path}/redeliver", as_=EDITOR) == (202, {"due": 2})
    await eventually(lambda: _states(listening, ["delivered"] * 3))
    await told(opened(solution("c", REGISTRATION), "DE-SN"))
    await eventually(lambda: _states(listening, ["delivered"] * 4))


async def test_a_single_success_begins_the_five_days_anew(
    app: App, told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    path = await _subscribed(app, receiver)
    await _fail_a_delivery("a", told, listening, receiver, clock)
    receiver.status = 204
    await told(opened(solution("b", OUTBOX), "DE-SN"))
    await eventually(lambda: _states(listening, ["given-up", "delivered"]))
    assert (await _shown(app, path))["failing_since"] is None
    await _fail_a_delivery("c", told, listening, receiver, clock)
    assert (await _shown(app, path))["disabled_at"] is None


async def test_what_was_still_due_is_given_up_without_a_request(
    app: App, told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, clock: Clock
) -> None:
    path = await _subscribed(app, receiver)
    await _fail_a_delivery("a", told, listening, receiver, clock)
    await told(opened(solution("b", OUTBOX), "DE-SN"))
    for made in range(1, 8):
        await eventually(partial(_attempts, listening, 8 + made))
        if made < 7:
            clock.pass_(hours=14)
    await told(opened(solution("c", OUTBOX), "DE-SN"))
    clock.pass_(seconds=11)  # who is in trouble is asked once in ten seconds
    await eventually(partial(_attempts, listening, 16))
    clock.pass_(hours=14)
    await eventually(partial(_attempts, listening, 17))
    clock.pass_(seconds=11)  # the eighth attempt for "b", and so it is disabled
    await eventually(partial(_attempts, listening, 18))
    assert (await _shown(app, path))["disabled_at"] is not None
    clock.pass_(hours=14)
    await eventually(lambda: _states(listening, ["given-up", "given-up", "given-up"]))
    assert len(await listening.attempts()) == len(receiver.received) == 18


async def _subscribed(app: App, receiver: Receiver) -> str:
    body = {"channel": {"kind": "webhook", "url": receiver.url}, "municipality": CHEMNITZ.id}
    _, shown = await app.call("POST", "/subscriptions", body, as_=EDITOR)
    return f"/subscriptions/{shown['id']}"


async def _shown(app: App, path: str) -> Any:
    return (await app.call("GET", path, as_=EDITOR))[1]


async def _fail_a_delivery(slug: str, told: Told, listening: Listening, receiver: Receiver, clock: Clock) -> None:
    """All its attempts, over four days."""
    receiver.status = 500
    before = len(await listening.attempts())
    await told(opened(solution(slug, OUTBOX), "DE-SN"))
    for made in range(1, 9):
        await eventually(partial(_attempts, listening, before + made))
        clock.pass_(hours=14)


async def _attempts(listening: Listening, number: int) -> bool:
    return len(await listening.attempts()) == number


async def _states(listening: Listening, states: list[str]) -> bool:
    return await listening.states() == states
