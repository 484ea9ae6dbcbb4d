"""What an operator can set. Read at the door only: web.py, worker.py, __main__.py."""

from datetime import time
from ipaddress import ip_network
from typing import Annotated

import msgspec

from edge.serving_settings import FollowingSettings, Port, StreamReplicas
from edge.settings import Setting, SettingsInvalid
from events.contracts.refusals import Refusal
from notifier.channels.email.composing import sender
from notifier.channels.email.mailing import Mail
from notifier.channels.email.server import server
from notifier.channels.webhook.addresses import Network, Policy
from notifier.safe import NoKey, Safe


class NotifierSettings(FollowingSettings, frozen=True, kw_only=True):
    """The notifier's part of the environment."""

    database_url: Annotated[
        str, Setting("OZG_NOTIFIER_DATABASE_URL", "PostgreSQL database of the notifier, postgresql://…", secret=True)
    ] = "postgresql://postgres@localhost/notifier"
    key: Annotated[
        tuple[str, ...],
        Setting(
            "OZG_NOTIFIER_KEY",
            "keys that seal what is shared with receivers, base64 of 32 random bytes each; the first seals, all open",
            secret=True,
        ),
    ] = ()
    port: Port = 8003
    stream_replicas: StreamReplicas = 1
    connections: Annotated[
        int,
        msgspec.Meta(ge=2, le=100),
        Setting("OZG_NOTIFIER_CONNECTIONS", "database connections, per process and each for web and worker"),
    ] = 5
    deliveries_at_once: Annotated[
        int,
        msgspec.Meta(ge=1, le=2000),
        Setting("OZG_DELIVERIES_AT_ONCE", "webhook requests under way at a time, per worker"),
    ] = 128
    deliveries_per_endpoint: Annotated[
        int,
        msgspec.Meta(ge=1, le=200),
        Setting("OZG_DELIVERIES_PER_ENDPOINT", "of these, to one host and port; a slow one gets fewer by itself"),
    ] = 16
    deliveries_kept_days: Annotated[
        int,
        msgspec.Meta(ge=1, le=3650),
        Setting("OZG_DELIVERIES_KEPT_DAYS", "so long one can see how a delivery went; days"),
    ] = 90
    webhook_allow_networks: Annotated[
        tuple[str, ...],
        Setting("OZG_WEBHOOK_ALLOW_NETWORKS", "networks inside your own walls that webhooks may reach, 10.1.0.0/16,…"),
    ] = ()
    allow_loopback_webhooks: Annotated[
        bool,
        Setting(
            "OZG_ALLOW_LOOPBACK_WEBHOOKS", "for trying things out on one machine: http:// to this machine is allowed"
        ),
    ] = False

    smtp_url: Annotated[
        str | None,
        Setting(
            "OZG_SMTP_URL",
            "mail server that takes our mails, smtps://user:password@host, smtp+starttls://… or smtp://host; none: no mail",
            secret=True,
        ),
    ] = None
    mail_from: Annotated[
        str | None, Setting("OZG_MAIL_FROM", "who sends them, Name <address>; needed where OZG_SMTP_URL is set")
    ] = None
    mail_hour: Annotated[
        int,
        msgspec.Meta(ge=0, le=23),
        Setting("OZG_MAIL_HOUR", "hour of the day, in OZG_TIME_ZONE, at which mails and other digests leave"),
    ] = 6

    @property
    def digest_at(self) -> time:
        """When what gathered leaves."""
        return time(self.mail_hour)

    @property
    def mail(self) -> Mail | None:
        """None where no mail is sent. Raises SettingsInvalid."""
        if self.smtp_url is None:
            return None
        if self.mail_from is None or self.public_url is None:
            raise SettingsInvalid(
                "OZG_SMTP_URL is set: OZG_MAIL_FROM and OZG_PUBLIC_URL (for the links) are needed too"
            )
        try:
            where = server(self.smtp_url)
        except ValueError as error:
            raise SettingsInvalid(f"OZG_SMTP_URL: {error}") from None
        try:
            from_ = sender(self.mail_from)
        except Refusal:
            raise SettingsInvalid(f"OZG_MAIL_FROM: {self.mail_from!r}; expected Name <name@example.org>") from None
        return Mail(where, from_, self.public_url.rstrip("/"))

    @property
    def safe(self) -> Safe:
        """What is shared with receivers is kept in it. Raises SettingsInvalid."""
        try:
            return Safe(self.key)
        except NoKey as no:
            raise SettingsInvalid(f"OZG_NOTIFIER_KEY: {no}") from None

    @property
    def policy(self) -> Policy:
        """Where webhooks may go. Raises SettingsInvalid."""
        return Policy(self.allow_loopback_webhooks, tuple(_network(text) for text in self.webhook_allow_networks))


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise SettingsInvalid(f"OZG_WEBHOOK_ALLOW_NETWORKS: {error}; expected networks such as 10.1.0.0/16") from None
