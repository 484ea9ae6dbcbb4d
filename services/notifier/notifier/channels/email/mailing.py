"""From a delivery that is due to a mail on its way: which letter, with which links, from whom, to whom."""

import hmac
import ssl
from datetime import datetime
from email.headerregistry import Address
from hashlib import sha256
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from events.contracts import envelope, registry
from events.contracts.notifier import AlertRaised
from notifier.channels.deliveries.claiming import Addressed, Claim
from notifier.channels.email.composing import compose
from notifier.channels.email.sending import TOTAL_SECONDS, Post
from notifier.channels.email.server import Server
from notifier.channels.webhook.sending import Answered
from notifier.domain.letter import Letter
from notifier.domain.letters import Places, digest, question
from notifier.domain.linking import Purpose, link

SCHEME: Final = "mailto:"
"""Before the address where a subscription's url stands."""
API: Final = "/api/notifier/v1"


class Mail(NamedTuple):
    """What an operator says about mail: where it is handed in, who sends it, and under which address links lead here."""

    server: Server
    from_: Address
    base: str

    def code(self, address: str) -> bytes:
        """What stands for an address where only repeats are counted; nobody can tell the address from it, or find it by trying."""
        return hmac.digest(repr(self.server).encode(), address.lower().encode(), sha256)

    def to(self, purpose: Purpose, secret: str, subscription: UUID, until: datetime | None = None) -> str:
        """The address behind a link in a mail."""
        return f"{self.base}{API}/mail/{purpose}?token={link(secret, purpose, subscription, until)}"


class Mailing:
    """Enter it to send."""

    def __init__(
        self, mail: Mail, zone: ZoneInfo, *, tls: ssl.SSLContext | None = None, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._mail = mail
        self._zone = zone
        hostname = urlsplit(mail.base).hostname or "localhost"
        self._post = Post(mail.server, hostname=hostname, tls=tls, total_seconds=total_seconds)

    async def __aenter__(self) -> Self:
        await self._post.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._post.__aexit__(kind, error, trace)

    async def send(self, one: Claim, now: datetime) -> Answered:
        """Never raises because of the server."""
        assert one.mail is not None
        to = one.url.removeprefix(SCHEME)
        stop = self._mail.to("unsubscribe", one.secrets[0], one.subscription)
        asking = one.mail.confirm_until is not None
        message = compose(
            self._letter(one, one.mail, stop),
            from_=self._mail.from_,
            to=to,
            message_id=f"<{one.id}@{self._mail.from_.domain}>",
            at=now.astimezone(self._zone),
            unsubscribe=None if asking else stop,
        )
        return await self._post.send(self._mail.from_.addr_spec, to, message)

    def _letter(self, one: Claim, mail: Addressed, stop: str) -> Letter:
        if mail.confirm_until is not None:
            confirm = self._mail.to("confirm", one.secrets[0], one.subscription, mail.confirm_until)
            return question(mail.language, mail.municipality, mail.confirm_until.astimezone(self._zone), confirm)
        said = [registry.decode(envelope.decode(document)) for document in one.documents]
        alerts = [fact for fact in said if isinstance(fact, AlertRaised)]
        whose = next((alert.municipality.id for alert in alerts if alert.municipality is not None), None)
        all_ = f"/kommunen/{whose.removeprefix('ars:')}/hinweise" if whose is not None else f"{API}/alerts.atom"
        places = Places(self._mail.base, stop, self._mail.base + all_)
        return digest(mail.language, mail.municipality, alerts, mail.number, places)
