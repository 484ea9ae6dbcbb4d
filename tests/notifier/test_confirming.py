"""Double opt-in: nothing is sent to an address until somebody there has pressed a button, and nobody is mailed at by strangers."""

from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.audience.raising import Desk
from notifier.channels.email.confirming import MOST_OPEN
from notifier.database import transaction
from notifier.delivering import Delivering
from notifier.domain.linking import link
from notifier.forgetting import forget
from tests.notifier.app import App
from tests.notifier.listening import Listening, eventually
from tests.notifier.mailing import ADDRESS, BASE, EDITOR, FROM, are, came, order, ordered
from tests.notifier.postbox import Postbox
from tests.notifier.telling import CHEMNITZ, LEIPZIG, OUTBOX, Told, opened, solution
from tests.notifier.test_forgetting import places
from tests.notifier.times import Clock


async def test_nothing_is_sent_until_the_button_is_pressed(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    status, shown = await mail_app.call("POST", "/subscriptions", ordered(), as_=EDITOR)
    assert (status, shown["mode"], shown["secret"]) == (201, "digest", None)
    assert shown["channel"] == {"kind": "email", "address": ADDRESS, "language": "de"}
    assert shown["confirm_until"] == "2026-11-22T09:00:00Z"
    assert ADDRESS in shown["notice"]
    await eventually(partial(came, postbox, 1))
    (asked,) = postbox.mails
    assert (asked.from_, asked.to) == ("hinweise@example.org", [ADDRESS])
    assert (asked.message["From"], asked.message["To"]) == (FROM, ADDRESS)
    assert asked.message["Subject"] == "Bitte bestätigen: Hinweise für Chemnitz"
    assert asked.message["List-Unsubscribe"] is None
    assert asked.message["Auto-Submitted"] == "auto-generated"
    assert f"{BASE}/api/notifier/v1/mail/confirm?token=" in asked.body()

    await told(opened(solution("zwei", OUTBOX), "DE-SN"))
    for _ in range(2):  # programs look at links: nothing happens
        looked = await mail_app.raw("GET", asked.link("confirm"), Accept_Language="en")
        assert looked.status == 200
        assert b"<button>Ja, ich m\xc3\xb6chte die Hinweise</button>" in looked.content
        assert "form-action 'self'" in looked.headers["content-security-policy"]
    assert "subscription-confirmed" not in await listening.said()
    await eventually(partial(are, listening, ["delivered"]))
    clock.pass_(hours=23)

    for _ in range(2):
        pressed = await mail_app.raw("POST", asked.link("confirm"))
        assert pressed.status == 200
        assert "Bestätigt".encode() in pressed.content
    assert (await listening.said()).count("subscription-confirmed") == 1
    assert (await mail_app.call("GET", f"/subscriptions/{shown['id']}", as_=EDITOR))[1]["confirm_until"] is None
    clock.pass_(hours=24)
    await eventually(partial(came, postbox, 2))
    assert "eins" in postbox.mails[1].body().lower()
    assert "zwei" in postbox.mails[1].body().lower()


async def test_links_that_are_forged_old_or_for_something_else_do_nothing(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    path = await order(mail_app)
    await eventually(partial(came, postbox, 1))
    right = postbox.mails[0].link("confirm")
    id_ = UUID(path.rpartition("/")[2])
    forged = link("whsec_x", "confirm", id_, clock.now)
    other = right[:-1] + ("A" if right[-1] != "A" else "B")
    for wrong in (
        "/mail/confirm",
        "/mail/confirm?token=",
        f"/mail/confirm?token={forged}",
        f"/mail/confirm?token={link('', 'confirm', id_)}",
        f"/mail/confirm?token={link('', 'confirm', UUID(int=7))}",
        other,
        right.replace("/mail/confirm", "/mail/unsubscribe"),
        f"{right}%0d%0aX",
    ):
        for method in ("GET", "POST"):
            answer = await mail_app.raw(method, wrong)
            assert answer.status == 410, wrong
            assert b"<button>" not in answer.content
    clock.pass_(hours=48)
    assert (await mail_app.raw("POST", right)).status == 410
    assert await listening.said() == ["subscription-opened"]


async def test_who_does_not_answer_in_time_is_forgotten(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, engine: AsyncEngine, desk: Desk,
    clock: Clock,
) -> None:  # fmt: skip
    path = await order(mail_app)
    await eventually(partial(came, postbox, 1))
    clock.pass_(hours=47)
    await _forget(engine, desk)
    assert ADDRESS in str(await mail_app.call("GET", path, as_=EDITOR))
    clock.pass_(hours=1)
    await _forget(engine, desk)
    assert await places(engine, ADDRESS) == set()
    _, shown = await mail_app.call("GET", path, as_=EDITOR)
    assert (shown["closed_why"], shown["channel"]["address"], shown["confirm_until"]) == ("unconfirmed", "", None)
    assert (await listening.said())[-1] == "subscription-closed"
    assert (await mail_app.raw("POST", postbox.mails[0].link("confirm"))).status == 410
    async with engine.connect() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM confirmations"))).scalar_one() == 0


async def test_nobody_is_mailed_at_by_strangers(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, clock: Clock
) -> None:
    operator = ("operator", None)
    for address in (ADDRESS, ADDRESS.upper(), ADDRESS):
        path = await order(mail_app, address)
        await mail_app.call("DELETE", path, as_=EDITOR)
    for who, whom in ((EDITOR, CHEMNITZ), (operator, LEIPZIG)):
        status, problem = await mail_app.call("POST", "/subscriptions", {**ordered(), "municipality": whom.id}, as_=who)
        assert (status, problem["type"], problem["field"]) == (
            409,
            "urn:ozg:problem:asked-too-often",
            "channel.address",
        )
    assert (await mail_app.call("POST", "/subscriptions", ordered("other@chemnitz.example"), as_=EDITOR))[0] == 201
    clock.pass_(hours=24)
    await order(mail_app)
    await eventually(partial(came, postbox, 2))
    assert len([mail for mail in postbox.mails if mail.to == [ADDRESS]]) <= 4


async def test_one_owner_waits_for_so_many_answers(mail_app: App, told: Told) -> None:
    for number in range(MOST_OPEN):
        await order(mail_app, f"amt{number}@chemnitz.example")
    status, problem = await mail_app.call("POST", "/subscriptions", ordered("one@chemnitz.example"), as_=EDITOR)
    assert (status, problem["type"]) == (409, "urn:ozg:problem:asked-too-often")


async def test_an_address_that_does_not_exist_is_forgotten_with_the_question(
    mail_app: App,
    told: Told,
    mailing: Delivering,
    postbox: Postbox,
    listening: Listening,
    engine: AsyncEngine,
    desk: Desk,
) -> None:
    postbox.rcpt = f"550 5.1.1 <{ADDRESS}>: no such user"
    path = await order(mail_app)
    await eventually(partial(_closed, mail_app, path))
    _, shown = await mail_app.call("GET", path, as_=EDITOR)
    assert (shown["closed_why"], shown["disabled_at"]) == ("gone", None)
    await _forget(engine, desk)
    assert await places(engine, ADDRESS) == set()


async def test_the_language_is_asked_for_or_that_of_the_request(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox
) -> None:
    body = ordered()
    await mail_app.raw("POST", "/subscriptions", body, as_=EDITOR, Accept_Language="en-GB,en;q=0.9,de;q=0.5")
    body["channel"]["language"] = "de"
    await mail_app.raw("POST", "/subscriptions", body, as_=EDITOR, Accept_Language="en")
    await eventually(partial(came, postbox, 2))
    subjects = sorted(mail.message["Subject"] for mail in postbox.mails)
    assert subjects == ["Bitte bestätigen: Hinweise für Chemnitz", "Please confirm: alerts for Chemnitz"]


@pytest.mark.parametrize(
    ("channel", "field"),
    [
        ({"kind": "email", "address": "amt"}, "channel.address"),
        ({"kind": "email", "address": "amt@example.org\r\nBcc: x@example.org"}, "channel.address"),
        ({"kind": "email", "address": "amt@example.org", "language": "fr"}, "channel.language"),
        ({"kind": "email", "url": "https://example.org"}, "channel.url"),
        ({"kind": "email"}, "channel.address"),
        ({"kind": "webhook", "address": "amt@example.org"}, "channel.address"),
        ({"address": "amt@example.org"}, "channel.kind"),
    ],
)
async def test_what_is_wrong_is_named(mail_app: App, told: Told, channel: object, field: str) -> None:
    status, problem = await mail_app.call("POST", "/subscriptions", {**ordered(), "channel": channel}, as_=EDITOR)
    assert status in {400, 422}, problem
    assert problem["field"] == field, problem


async def test_without_a_mail_server_there_is_no_mail(app: App, told: Told) -> None:
    status, problem = await app.call("POST", "/subscriptions", ordered(), as_=EDITOR)
    assert (status, problem["type"], problem["field"]) == (422, "urn:ozg:problem:no-mail-here", "channel.kind")
    assert "OZG_SMTP_URL" in problem["detail"]


async def test_a_mail_is_neither_tried_nor_signed_nor_sent_again(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening
) -> None:
    path = await order(mail_app)
    await eventually(partial(came, postbox, 1))
    (question,) = await listening.deliveries()
    for what in (f"{path}/test", f"{path}/secret", f"{path}/redeliver", f"/deliveries/{question.id}/redeliver"):
        status, problem = await mail_app.call("POST", what, as_=EDITOR)
        assert (status, problem["type"]) == (409, "urn:ozg:problem:only-for-webhooks"), what
    assert len(postbox.mails) == 1


async def _forget(engine: AsyncEngine, desk: Desk) -> None:
    async with transaction(engine) as connection:
        await forget(connection, desk, desk.clock().replace(year=2025))


async def _closed(app: App, path: str) -> bool:
    return (await app.call("GET", path, as_=EDITOR))[1]["closed_at"] is not None
