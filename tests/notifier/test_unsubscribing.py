"""The way out: one click, for people and for their mail programs; and nothing that leads to a person stays behind."""

import logging
from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from edge import logs
from notifier.audience.raising import Desk
from notifier.database import transaction
from notifier.delivering import Delivering
from notifier.forgetting import forget
from tests.notifier.app import App
from tests.notifier.listening import Listening, eventually
from tests.notifier.mailing import ADDRESS, EDITOR, are, came, confirmed, settled
from tests.notifier.postbox import Postbox
from tests.notifier.telling import OUTBOX, Told, opened, solution
from tests.notifier.test_forgetting import places
from tests.notifier.times import Clock


async def _mailed(app: App, told: Told, postbox: Postbox, clock: Clock) -> tuple[str, str]:
    """The path of a subscription that got a mail, and the link in its head."""
    path = await confirmed(app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    clock.pass_(hours=20)
    await eventually(partial(came, postbox, 1))
    await settled(app, path)
    head = postbox.mails[0].message
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = str(head["List-Unsubscribe"])
    assert url.startswith("<https://ozg.example.org/api/notifier/v1/mail/unsubscribe?token=")
    return path, url.strip("<>").partition("/api/notifier/v1")[2]


async def test_one_click_ends_it_without_a_redirect_a_cookie_or_a_question(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    path, link = await _mailed(mail_app, told, postbox, clock)
    looked = await mail_app.raw("GET", link)
    assert looked.status == 200
    assert b"<button>Abbestellen</button>" in looked.content
    assert (await mail_app.call("GET", path, as_=EDITOR))[1]["closed_at"] is None
    for _ in range(2):
        clicked = await mail_app.raw("POST", link, Content_Type="application/x-www-form-urlencoded")
        assert clicked.status == 200
        assert "set-cookie" not in clicked.headers
        assert b"Abbestellt" in clicked.content
    _, shown = await mail_app.call("GET", path, as_=EDITOR)
    assert (shown["closed_why"], shown["channel"]["address"]) == ("unsubscribed", "")
    assert (await listening.said()).count("subscription-closed") == 1
    assert (await mail_app.raw("GET", link)).status == 200
    await told(opened(solution("zwei", OUTBOX), "DE-SN"))
    clock.pass_(days=2)
    assert len(postbox.mails) == 1
    assert await listening.states() == ["delivered", "delivered"]


async def test_the_link_in_the_text_does_the_same(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, clock: Clock
) -> None:
    path, link = await _mailed(mail_app, told, postbox, clock)
    assert postbox.mails[0].link("unsubscribe") == link
    assert (await mail_app.raw("POST", link.replace("unsubscribe", "confirm"))).status == 410
    assert (await mail_app.raw("POST", link[:-2])).status == 410
    assert (await mail_app.call("GET", path, as_=EDITOR))[1]["closed_at"] is None


async def test_what_gathered_for_a_mail_that_nobody_wants_any_more_never_leaves(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    path = await confirmed(mail_app, postbox)
    await eventually(partial(are, listening, ["delivered"]))
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    assert (await mail_app.call("DELETE", path, as_=EDITOR))[0] == 204
    clock.pass_(days=1)
    assert await listening.states() == ["delivered", "closed"]
    assert postbox.mails == []


async def test_of_an_address_that_was_closed_no_table_and_no_log_knows(
    mail_app: App,
    told: Told,
    mailing: Delivering,
    postbox: Postbox,
    listening: Listening,
    engine: AsyncEngine,
    desk: Desk,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json", "INFO")
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the mail server is not ours
    capsys.readouterr()
    postbox.rcpt = f"450 4.2.1 <{ADDRESS}> is busy"
    status, shown = await mail_app.call(
        "POST", "/subscriptions", {"channel": {"kind": "email", "address": ADDRESS}, "filter": {"regions": ["DE-SN"]}},
        as_=EDITOR,
    )  # fmt: skip
    assert status == 201
    await eventually(partial(_attempts, listening, 1))
    postbox.rcpt = None
    clock.pass_(seconds=10)
    await eventually(partial(came, postbox, 1))
    await mail_app.raw("POST", postbox.mails[0].link("confirm"))
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    clock.pass_(hours=20)
    postbox.rcpt = f"550 5.1.1 <{ADDRESS}>: no such user"
    await eventually(partial(_attempts, listening, 3))
    assert await places(engine, ADDRESS) == {"subscriptions", "attempts"}
    assert (await mail_app.call("DELETE", f"/subscriptions/{shown['id']}", as_=EDITOR))[0] == 204
    assert await places(engine, f"mailto:{ADDRESS}") == set()
    async with transaction(engine) as connection:
        await forget(connection, desk, desk.clock().replace(year=2025))
    assert await places(engine, ADDRESS) == set()
    assert await places(engine, ADDRESS.partition("@")[0]) == set()
    out, err = capsys.readouterr()
    assert "/mail/confirm" in out + err
    assert ADDRESS.partition("@")[0] not in out + err
    assert "token=" not in out + err


async def _attempts(listening: Listening, number: int) -> bool:
    return len(await listening.attempts()) >= number
