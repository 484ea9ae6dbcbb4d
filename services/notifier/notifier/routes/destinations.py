"""Where a new subscription is sent to: the kinds of channels one can ask for, and what is checked of each."""

from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec

from edge.asking import EdgeRequest
from edge.language import preferred
from edge.tokens import Caller
from events.contracts.notifier import ChannelKind
from events.log.connect import Connection
from notifier.channels.email.confirming import HOLDS, may_ask
from notifier.channels.email.gathering import ENDPOINT
from notifier.channels.email.mailing import SCHEME
from notifier.channels.webhook.addresses import endpoint
from notifier.domain.letter import Language
from notifier.domain.mailbox import mailbox
from notifier.domain.subscription import Mode, NoMailHere
from notifier.office import Office, owner


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="webhook"):
    """Signed requests to this address. The inbox and the feeds need no subscription."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class NewMail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="email"):
    """At most one mail a day. Without `language` the request's `Accept-Language` decides, without that it is German."""

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
    language: Language | None = None


class Destination(NamedTuple):
    """The channel as it is kept; with `confirm_until` somebody has to agree first."""

    channel: ChannelKind
    url: str
    endpoint: str
    mode: Mode
    language: Language | None = None
    confirm_until: datetime | None = None


async def destination(request: EdgeRequest, at: Office, asked: NewWebhook | NewMail, mode: Mode) -> Destination:
    """Raises AddressRefused, MailboxNotUnderstood, NoMailHere."""
    if isinstance(asked, NewWebhook):
        url = await at.checked(asked.url)
        return Destination("webhook", str(url), endpoint(url, owner(request.caller)), mode)
    if at.mail is None:
        raise NoMailHere
    language = asked.language or reader_of(request)
    until = (at.desk.clock() + HOLDS).replace(microsecond=0)
    return Destination("email", SCHEME + mailbox(asked.address), ENDPOINT, "digest", language, until)


async def may_be_asked(connection: Connection, at: Office, caller: Caller, to: Destination) -> None:
    """Nobody's mailbox is filled at the word of strangers. Raises AskedTooOften."""
    if to.confirm_until is not None and at.mail is not None:
        await may_ask(connection, at.mail.code(to.url), owner(caller), at.desk.clock())


def notice(request: EdgeRequest, at: Office, to: Destination) -> str | None:
    """What is left to do."""
    if to.confirm_until is None:
        return None
    address, until = to.url.removeprefix(SCHEME), to.confirm_until.astimezone(at.desk.zone)
    if preferred(request.headers.get("accept-language", "")) == "de":
        return f"An {address} geht eine E-Mail. Bitte den Link darin bis {until:%d.%m.%Y, %H:%M} Uhr nutzen; vorher kommt nichts."
    return f"A mail goes to {address}. Use the link in it until {until:%Y-%m-%d %H:%M}; nothing is sent before."


def reader_of(request: EdgeRequest) -> Language:
    """German unless somebody says otherwise: most who read mails from here do."""
    said = request.headers.get("accept-language", "")
    return preferred(said) if said else "de"
