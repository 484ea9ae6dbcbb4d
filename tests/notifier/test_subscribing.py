"""Subscribing over REST: who may, what is understood, what is shown, and the try."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from events.contracts import catalog as c
from events.contracts import parts
from notifier.delivering import Delivering
from notifier.domain.signature import verified
from tests.notifier.app import App
from tests.notifier.listening import Listening, eventually
from tests.notifier.receiver import Receiver
from tests.notifier.telling import CHEMNITZ, LEIPZIG, OUTBOX, TODAY, Told, opened, solution
from tests.notifier.times import Clock

EDITOR = ("editor", CHEMNITZ.id)
OPERATOR = ("operator", None)


def hook(url: str = "https://hooks.example.org/ozg") -> dict[str, Any]:
    return {"channel": {"kind": "webhook", "url": url}}


async def test_an_editor_subscribes_for_its_own_municipality(app: App, told: Told) -> None:
    status, opened_ = await app.call("POST", "/subscriptions", {**hook(), "municipality": "145110000000"}, as_=EDITOR)
    assert status == 201
    assert opened_["secret"].startswith("whsec_")
    assert opened_["municipality"] == CHEMNITZ.id
    status, listed = await app.call("GET", "/subscriptions", as_=EDITOR)
    assert [one["id"] for one in listed["items"]] == [opened_["id"]]
    assert "secret" not in listed["items"][0]
    assert (await app.call("GET", "/subscriptions", as_=("editor", LEIPZIG.id)))[1]["items"] == []
    assert (await app.call("GET", f"/subscriptions/{opened_['id']}", as_=("editor", LEIPZIG.id)))[0] == 404
    assert (await app.call("GET", f"/subscriptions/{opened_['id']}", as_=OPERATOR))[0] == 200


@pytest.mark.parametrize(
    ("body", "as_", "status", "field"),
    [
        ({**hook(), "municipality": CHEMNITZ.id}, None, 401, None),
        ({**hook(), "municipality": CHEMNITZ.id}, ("reader", None), 403, None),
        ({**hook(), "municipality": LEIPZIG.id}, EDITOR, 403, "municipality"),
        ({**hook(), "municipality": CHEMNITZ.id}, ("publisher", CHEMNITZ.id), 403, "municipality"),
        ({**hook(), "municipality": "999999999999"}, OPERATOR, 404, "municipality"),
        ({**hook(), "municipality": "Chemnitz"}, OPERATOR, 400, "municipality"),
        (hook(), EDITOR, 422, "filter"),
        ({**hook(), "filter": {"services": ["Führerschein"]}}, EDITOR, 422, "filter.services"),
        ({**hook(), "filter": {"themes": ["umwelt", "wetter"]}}, EDITOR, 422, "filter.themes"),
        ({**hook(), "filter": {"regions": ["Sachsen"]}}, EDITOR, 422, "filter.regions"),
        ({**hook(), "filter": {"events": ["everything"]}}, EDITOR, 422, "filter.events"),
        ({**hook("http://hooks.example.org/"), "municipality": CHEMNITZ.id}, EDITOR, 422, "channel.url"),
        ({**hook("https://10.0.0.1/"), "municipality": CHEMNITZ.id}, EDITOR, 422, "channel.url"),
        ({**hook("https://inside.example.org/"), "municipality": CHEMNITZ.id}, EDITOR, 422, "channel.url"),
        ({**hook("nonsense"), "municipality": CHEMNITZ.id}, EDITOR, 422, "channel.url"),
        ({**hook(), "municipality": CHEMNITZ.id, "mode": "sometimes"}, EDITOR, 400, "mode"),
        ({"channel": {"kind": "pigeon", "url": "https://x"}, "municipality": CHEMNITZ.id}, EDITOR, 400, "channel.kind"),
    ],
)
async def test_what_is_wrong_is_named(
    app: App, told: Told, body: object, as_: tuple[Any, str | None] | None, status: int, field: str | None
) -> None:
    app.names["inside.example.org"] = ["8.8.8.8", "192.168.0.7"]
    answered, problem = await app.call("POST", "/subscriptions", body, as_=as_)
    assert (answered, problem.get("field")) == (status, field), problem


async def test_a_merged_municipality_names_its_successor(app: App, told: Told) -> None:
    merged = c.MunicipalityMerged(municipality=CHEMNITZ, successor=LEIPZIG, effective_on=TODAY, basis=parts.SELF)
    await told(merged)
    status, problem = await app.call("POST", "/subscriptions", {**hook(), "municipality": CHEMNITZ.id}, as_=EDITOR)
    assert status == 409
    assert LEIPZIG.id in problem["detail"]


async def test_loopback_is_only_for_trying_things_out(app: App, strict_app: App, told: Told) -> None:
    body = {**hook("http://127.0.0.1:9000/"), "municipality": CHEMNITZ.id}
    assert (await app.call("POST", "/subscriptions", body, as_=EDITOR))[0] == 201
    assert (await strict_app.call("POST", "/subscriptions", body, as_=EDITOR))[0] == 422


async def test_a_name_that_leads_inside_once_it_was_checked_is_not_called(strict_app: App, told: Told) -> None:
    strict_app.names["hooks.example.org"] = ["8.8.8.8"]
    body = {**hook(), "municipality": CHEMNITZ.id}
    _, opened_ = await strict_app.call("POST", "/subscriptions", body, as_=EDITOR)
    strict_app.names["hooks.example.org"] = ["127.0.0.1"]
    status, tried = await strict_app.call("POST", f"/subscriptions/{opened_['id']}/test", as_=EDITOR)
    assert (status, tried["status"]) == (200, None)
    assert tried["error"] == "hooks.example.org leads to an address that is not public"
    assert (await strict_app.call("POST", "/subscriptions", body, as_=EDITOR))[0] == 422


async def test_a_filter_is_enough_for_those_who_speak_for_nobody(app: App, told: Told) -> None:
    body = {**hook(), "filter": {"services": ["99115005060000"], "events": ["ozg.catalog.status-recorded.v1"]}}
    status, opened_ = await app.call("POST", "/subscriptions", body, as_=("publisher", "org:verein"))
    assert status == 201
    assert opened_["filter"]["services"] == ["leika:99115005060000"]
    assert opened_["filter"]["events"] == ["status-recorded"]


async def test_the_try_sends_a_signed_event_and_tells_what_came_back(
    app: App, told: Told, receiver: Receiver, clock: Clock, listening: Listening
) -> None:
    clock.now = datetime.now(UTC)
    _, opened_ = await app.call(
        "POST", "/subscriptions", {**hook(receiver.url), "municipality": CHEMNITZ.id}, as_=EDITOR
    )
    receiver.answers = [web.Response(status=418, text="I am a teapot")]
    path = f"/subscriptions/{opened_['id']}/test"
    status, tried = await app.call("POST", path, as_=EDITOR)
    assert (status, tried["delivered"], tried["status"], tried["answer"]) == (200, False, 418, "I am a teapot")
    assert (await app.call("POST", path, as_=EDITOR))[1]["delivered"] is True
    event = Webhook(opened_["secret"]).verify(receiver.received[1].body, receiver.received[1].headers)
    assert event["type"] == "ozg.notifier.test.v1"
    assert (await app.call("POST", path, as_=("editor", LEIPZIG.id)))[0] == 404
    assert await listening.deliveries() == []


async def test_a_changed_secret_leaves_a_day_for_the_one_before(
    app: App, told: Told, receiver: Receiver, clock: Clock
) -> None:
    clock.now = datetime.now(UTC)
    _, opened_ = await app.call(
        "POST", "/subscriptions", {**hook(receiver.url), "municipality": CHEMNITZ.id}, as_=EDITOR
    )
    path = f"/subscriptions/{opened_['id']}"
    _, changed = await app.call("POST", f"{path}/secret", as_=EDITOR)
    await app.call("POST", f"{path}/test", as_=EDITOR)
    for secret in (opened_["secret"], changed["secret"]):
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    clock.pass_(hours=24)
    await app.call("POST", f"{path}/test", as_=EDITOR)
    assert len(receiver.received[1].headers["webhook-signature"].split()) == 1


async def test_with_ed25519_only_a_public_key_is_shown(app: App, told: Told, receiver: Receiver, clock: Clock) -> None:
    body = {**hook(receiver.url), "municipality": CHEMNITZ.id, "signature": "ed25519"}
    _, opened_ = await app.call("POST", "/subscriptions", body, as_=EDITOR)
    path = f"/subscriptions/{opened_['id']}"
    _, shown = await app.call("GET", path, as_=EDITOR)
    assert opened_["secret"] is None
    assert shown["signature"] == "ed25519"
    assert shown["public_key"] == opened_["public_key"]
    _, changed = await app.call("POST", f"{path}/secret", as_=EDITOR)
    assert changed["secret"] is None
    assert changed["public_key"] != shown["public_key"]
    await app.call("POST", f"{path}/test", as_=EDITOR)
    clock.pass_(hours=24)
    await app.call("POST", f"{path}/test", as_=EDITOR)
    during, after = receiver.received
    keys = (shown["public_key"], changed["public_key"])
    assert [verified(key, _lower(during.headers), during.body) for key in keys] == [True, True]
    assert [verified(key, _lower(after.headers), after.body) for key in keys] == [False, True]


async def test_deliveries_are_shown_with_their_attempts_and_sent_again(
    app: App, told: Told, receiver: Receiver, delivering: Delivering, listening: Listening
) -> None:
    receiver.answers = [web.Response(status=204)]
    receiver.status = 500
    _, opened_ = await app.call(
        "POST", "/subscriptions", {**hook(receiver.url), "municipality": CHEMNITZ.id}, as_=EDITOR
    )
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    await eventually(lambda: _is(listening, "delivered"))
    path = f"/subscriptions/{opened_['id']}/deliveries"
    _, listed = await app.call("GET", path, as_=EDITOR)
    (delivery,) = listed["items"]
    assert [one["status"] for one in delivery["attempts"]] == [204]
    again = f"/deliveries/{delivery['id']}/redeliver"
    assert (await app.call("POST", again, as_=("editor", LEIPZIG.id)))[0] == 404
    status, due = await app.call("POST", again, as_=EDITOR)
    assert (status, due["state"]) == (202, "due")
    await eventually(lambda: _sent(receiver, 2))
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery["webhook_id"]


async def test_deliveries_are_paged(app: App, told: Told, listening: Listening) -> None:
    _, opened_ = await app.call("POST", "/subscriptions", {**hook(), "municipality": CHEMNITZ.id}, as_=EDITOR)
    for slug in ("a", "b", "c"):
        await told(opened(solution(slug, OUTBOX), "DE-SN"))
    path = f"/subscriptions/{opened_['id']}/deliveries"
    _, first = await app.call("GET", f"{path}?limit=2", as_=EDITOR)
    _, second = await app.call("GET", f"{path}?limit=2&after={first['next']}", as_=EDITOR)
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)


async def test_closing_ends_it(app: App, told: Told, listening: Listening) -> None:
    _, opened_ = await app.call("POST", "/subscriptions", {**hook(), "municipality": CHEMNITZ.id}, as_=EDITOR)
    path = f"/subscriptions/{opened_['id']}"
    assert (await app.call("DELETE", path, as_=("editor", LEIPZIG.id)))[0] == 404
    for _ in range(2):
        assert (await app.call("DELETE", path, as_=EDITOR))[0] == 204
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    assert await listening.deliveries() == []
    assert (await listening.said()).count("subscription-closed") == 1
    assert (await app.call("GET", path, as_=EDITOR))[1]["closed_why"] == "by-owner"
    assert (await app.call("POST", f"{path}/test", as_=EDITOR))[0] == 409


async def _is(listening: Listening, state: str) -> bool:
    return await listening.states() == [state]


async def _sent(receiver: Receiver, number: int) -> bool:
    return len(receiver.received) >= number


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
