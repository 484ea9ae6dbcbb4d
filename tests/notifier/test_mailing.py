"""One mail a day: what was said since the last, to whoever agreed, whatever happens to workers and mail servers."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.audience.raising import Desk
from notifier.channels.deliveries.claiming import claim
from notifier.channels.email.gathering import release
from notifier.channels.webhook.sending import Sender
from notifier.database import transaction
from notifier.delivering import Delivering
from tests.notifier.app import App
from tests.notifier.listening import Listening, eventually
from tests.notifier.mailing import ADDRESS, EDITOR, are, came, confirmed, worker
from tests.notifier.postbox import Postbox
from tests.notifier.telling import CHEMNITZ, OUTBOX, REGISTRATION, Told, opened, solution, terms_of
from tests.notifier.times import Clock

INBOX = f"/municipalities/{CHEMNITZ.id}/alerts"


async def test_what_was_said_since_the_last_comes_once_a_day(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), terms_of("DE-SN")))
    await told(opened(solution("zwei", REGISTRATION, OUTBOX), "DE-SN"))
    await eventually(partial(are, listening, ["delivered", "gathering"]))
    assert postbox.mails == []
    clock.pass_(hours=20)  # to 6 o'clock in Berlin
    await eventually(partial(came, postbox, 1))
    await eventually(partial(are, listening, ["delivered", "delivered"]))
    (mail,) = postbox.mails
    (_, digest) = await listening.deliveries()
    assert mail.message["Subject"] == "2 Hinweise für Chemnitz"
    assert mail.message["Message-ID"] == f"<{digest.id}@example.org>"
    assert mail.message["Date"] == "Sat, 21 Nov 2026 06:00:00 +0100"
    for part in (
        "„Eins“ ist seit 20.11.2026 nachnutzbar (Sachsen)",
        "Digitaler Postausgang",
        "Vertrag: Beitritt",
        "https://ozg.example.org/loesungen/eins",
        "https://ozg.example.org/loesungen/zwei",
    ):
        assert part in mail.body()
        assert part.replace("„", "").split("“")[0] in mail.body("html")
    assert [said for said in await listening.said() if said == "alert-delivered"] == ["alert-delivered"] * 2

    await told(opened(solution("drei", OUTBOX), "DE-SN"))
    clock.pass_(hours=10)
    await told(opened(solution("vier", OUTBOX), "DE-SN"))
    await asyncio.sleep(0)
    assert (await listening.states())[2:] == ["gathering"]
    clock.pass_(hours=14)
    await eventually(partial(came, postbox, 2))
    assert postbox.mails[1].message["Subject"] == "2 Hinweise für Chemnitz"
    await eventually(partial(are, listening, ["delivered"] * 3))
    assert len(postbox.mails) == 2


async def test_several_workers_send_one_mail_a_day_each(
    mail_app: App,
    notifier_database: str,
    told: Told,
    postbox: Postbox,
    listening: Listening,
    desk: Desk,
    sender: Sender,
    clock: Clock,
) -> None:
    addresses = [f"amt{number}@chemnitz.example" for number in range(12)]
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(worker(notifier_database, desk, sender, postbox))
        for address in addresses:
            await confirmed(mail_app, postbox, address)
        await eventually(partial(are, listening, ["delivered"] * len(addresses)))
        for day in range(2):
            await told(opened(solution(f"am-tag-{day}", OUTBOX), "DE-SN"))
            clock.pass_(days=1)
            await eventually(partial(are, listening, ["delivered"] * len(addresses) * (day + 2)))
    assert sorted(mail.to[0] for mail in postbox.mails) == sorted(addresses * 2)
    assert len({mail.message["Message-ID"] for mail in postbox.mails}) == 24


async def test_what_comes_after_the_mail_of_the_day_waits_for_the_next_even_if_it_is_due_now(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, engine: AsyncEngine, clock: Clock
) -> None:  # fmt: skip
    """As where an alert was raised a moment before six and committed a moment after."""
    await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    clock.pass_(days=1)
    await eventually(partial(came, postbox, 1))
    await told(opened(solution("zwei", OUTBOX), "DE-SN"))
    async with engine.begin() as connection:
        await connection.execute(
            sa.text("UPDATE deliveries SET due_at = now() - interval '9 years' WHERE state = 'gathering'")
        )
    await eventually(partial(_waits_until, listening, 22))
    assert len(postbox.mails) == 1
    clock.pass_(days=1)
    await eventually(partial(came, postbox, 2))


async def test_a_mail_server_that_is_away_is_tried_until_the_day_is_over_and_then_with_the_next_mail(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    postbox.data = "451 4.3.0 try again"
    clock.pass_(hours=20)
    await eventually(partial(_attempts, listening, 2))
    for hours, made in ((1, 3), (2, 4), (3, 5), (6, 6), (5, 7)):
        clock.pass_(hours=hours)
        await eventually(partial(_attempts, listening, made))
    await eventually(partial(are, listening, ["delivered", "carried", "gathering"]))
    await told(opened(solution("zwei", OUTBOX), "DE-SN"))
    postbox.data = None
    clock.pass_(hours=7)
    await eventually(partial(came, postbox, 1))
    assert postbox.mails[0].message["Subject"] == "2 Hinweise für Chemnitz"
    assert postbox.mails[0].body().index("„Eins“") < postbox.mails[0].body().index("„Zwei“")
    await eventually(partial(are, listening, ["delivered", "carried", "delivered"]))
    assert "alert-given-up" not in await listening.said()


async def test_a_server_that_cannot_be_reached_is_tried_again(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    postbox.close()
    clock.pass_(hours=20)
    await eventually(partial(_attempts, listening, 2))
    assert (await listening.attempts())[-1].error == "the mail server cannot be reached"
    await postbox.open()
    clock.pass_(seconds=6)
    await eventually(partial(came, postbox, 1))
    await eventually(partial(are, listening, ["delivered", "delivered"]))


async def test_after_five_days_without_a_mail_it_is_disabled_and_the_inbox_says_so(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    path = await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    postbox.rcpt = f"452 4.2.2 <{ADDRESS}> is full"
    for _ in range(5):
        assert (await _shown(mail_app, path))["disabled_at"] is None
        clock.pass_(hours=20)
        made = len(await listening.attempts())
        await eventually(partial(_attempts, listening, made + 1))
        clock.pass_(hours=4)
        await eventually(partial(_attempts, listening, made + 2))
        await eventually(partial(_nothing_due, listening, clock))
    clock.pass_(hours=20)
    await eventually(partial(_disabled, mail_app, path))
    _, inbox = await mail_app.call("GET", f"{INBOX}?limit=1")
    assert inbox["items"][0]["reason"] == "subscription-disabled"
    assert "An Sie gehen keine E-Mails mehr" in inbox["items"][0]["event"]["data"]["title"]["de"]
    assert ADDRESS not in str(inbox)


async def test_an_address_that_is_no_more_is_disabled_at_once(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    path = await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    postbox.rcpt = f"550 5.1.1 <{ADDRESS}>: no such user"
    clock.pass_(hours=20)
    await eventually(partial(_disabled, mail_app, path))
    assert await listening.states() == ["delivered", "given-up"]
    assert (await listening.said())[-2:] == ["alert-given-up", "subscription-disabled"]
    assert not any(ADDRESS.encode() in document for document in await listening.documents())
    postbox.rcpt = None
    assert (await mail_app.call("POST", f"{path}/reactivate", as_=EDITOR))[0] == 200
    clock.pass_(days=1)
    await eventually(partial(came, postbox, 1))
    assert "„Eins“" in postbox.mails[0].body()


async def test_trouble_between_the_mail_server_and_us_is_nobodys_fault(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    path = await confirmed(mail_app, postbox)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    postbox.rcpt = "554 5.7.1 relay access denied"
    clock.pass_(hours=20)
    await eventually(partial(_attempts, listening, 2))
    assert (await _shown(mail_app, path))["disabled_at"] is None
    assert (await listening.states())[1:] == ["due"]


async def test_what_a_worker_held_that_died_is_sent_under_the_same_message_id(
    mail_app: App, told: Told, postbox: Postbox, engine: AsyncEngine, desk: Desk, clock: Clock, listening: Listening,
    notifier_database: str, sender: Sender,
) -> None:  # fmt: skip
    async with worker(notifier_database, desk, sender, postbox):
        await confirmed(mail_app, postbox)
        await eventually(partial(are, listening, ["delivered"]))
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    clock.pass_(hours=20)
    async with transaction(engine) as connection:
        assert await release(connection, desk) == 1
        (held,) = await claim(connection, clock(), limit=10, room={}, room_of_others=10, safe=desk.safe)
    async with worker(notifier_database, desk, sender, postbox):
        clock.pass_(seconds=61)
        await eventually(partial(came, postbox, 1))
        await eventually(partial(are, listening, ["delivered", "delivered"]))
    assert postbox.mails[0].message["Message-ID"] == f"<{held.id}@example.org>"
    assert held.number == 1


async def test_a_mail_lists_a_hundred_and_counts_the_rest(
    mail_app: App, told: Told, mailing: Delivering, postbox: Postbox, listening: Listening, clock: Clock
) -> None:
    await confirmed(mail_app, postbox)
    await told(*(opened(solution(f"s{number}", OUTBOX), "DE-SN") for number in range(103)))
    clock.pass_(hours=20)
    await eventually(partial(came, postbox, 1))
    assert postbox.mails[0].message["Subject"] == "103 Hinweise für Chemnitz"
    more = "Weitere Hinweise, die hier keinen Platz haben: 3: https://ozg.example.org/kommunen/145110000000/hinweise"
    assert more in postbox.mails[0].body()
    assert postbox.mails[0].body().count("\n* ") == 100


async def _attempts(listening: Listening, number: int) -> bool:
    return len(await listening.attempts()) >= number


async def _waits_until(listening: Listening, day: int) -> bool:
    last = (await listening.deliveries())[-1]
    return (last.state, last.due_at.day, last.due_at.hour) == ("gathering", day, 5)


async def _nothing_due(listening: Listening, clock: Clock) -> bool:
    return not [one for one in await listening.deliveries() if one.state == "due" and one.due_at <= clock()]


async def _shown(app: App, path: str) -> Any:
    return (await app.call("GET", path, as_=EDITOR))[1]


async def _disabled(app: App, path: str) -> bool:
    return (await _shown(app, path))["disabled_at"] is not None
