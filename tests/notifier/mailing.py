"""Mail as tests handle it: an installation that sends some, and whoever reads it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from notifier.audience.raising import Desk
from notifier.channels.email.mailing import Mailing
from notifier.channels.webhook.sending import Sender
from notifier.delivering import Delivering
from notifier.settings import NotifierSettings
from tests.notifier.app import App
from tests.notifier.listening import Listening, eventually
from tests.notifier.postbox import Postbox
from tests.notifier.telling import CHEMNITZ

EDITOR: Final = ("editor", CHEMNITZ.id)
ADDRESS: Final = "digital@chemnitz.example"
BASE: Final = "https://ozg.example.org"
FROM: Final = "OZG-Stand <hinweise@example.org>"


def settings(postbox: Postbox) -> dict[str, Any]:
    """What makes an installation send mail."""
    return {"smtp_url": postbox.url, "mail_from": FROM, "public_url": BASE}


@asynccontextmanager
async def worker(database: str, desk: Desk, sender: Sender, postbox: Postbox, **more: Any) -> AsyncIterator[Delivering]:
    """One that sends mail too."""
    mail = NotifierSettings(**settings(postbox)).mail
    assert mail is not None
    async with (
        Mailing(mail, desk.zone, total_seconds=3) as mailing,
        Delivering(database, desk, sender, mailing, jitter=lambda: 0.0, **more).running() as delivering,
    ):
        yield delivering


def ordered(address: str = ADDRESS, **more: Any) -> dict[str, Any]:
    """The body that orders mails for Chemnitz."""
    return {"channel": {"kind": "email", "address": address}, "municipality": CHEMNITZ.id, **more}


async def order(app: App, address: str = ADDRESS, **more: Any) -> str:
    """The path of a new subscription, not yet confirmed."""
    status, shown = await app.call("POST", "/subscriptions", ordered(address, **more), as_=EDITOR)
    assert status == 201, shown
    return f"/subscriptions/{shown['id']}"


async def confirmed(app: App, postbox: Postbox, address: str = ADDRESS) -> str:
    """The path of a new subscription that was confirmed; the question is taken out of the postbox."""
    path = await order(app, address)
    await eventually(partial(came, postbox, 1))
    question = postbox.mails.pop()
    assert question.to == [address]
    await settled(app, path)
    assert (await app.raw("POST", question.link("confirm"))).status == 200
    return path


async def settled(app: App, path: str) -> None:
    """What was sent is written down as well: only then may a test's clock go on."""

    async def nothing_due() -> bool:
        _, listed = await app.call("GET", f"{path}/deliveries", as_=EDITOR)
        return all(one["state"] != "due" for one in listed["items"])

    await eventually(nothing_due)


async def came(postbox: Postbox, number: int) -> bool:
    """So many mails, or more."""
    return len(postbox.mails) >= number


async def are(listening: Listening, states: list[str]) -> bool:
    """All deliveries, oldest first."""
    return await listening.states() == states
