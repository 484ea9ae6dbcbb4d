"""What an operator can set. Read at the door only: web.py, worker.py, __main__.py."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from edge.settings import Setting, SettingsInvalid
from notifier.channels.webhook.addresses import Network, Policy


class NotifierSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The notifier's part of the environment."""

    database_url: Annotated[
        str, Setting("OZG_NOTIFIER_DATABASE_URL", "PostgreSQL database of the notifier, postgresql://…", secret=True)
    ] = "postgresql://postgres@localhost/notifier"
    catalog_url: Annotated[
        str, Setting("OZG_CATALOG_URL", "base address of the catalog, whose feed is followed, http://…/api/catalog/v1")
    ] = "http://127.0.0.1:8001/api/catalog/v1"
    catalog_token: Annotated[
        str | None, Setting("OZG_CATALOG_TOKEN", "token for the catalog's feed where reading needs one", secret=True)
    ] = None
    nats_url: Annotated[str, Setting("OZG_NATS_URL", "nats-server with JetStream, nats://host:port")] = (
        "nats://127.0.0.1:4222"
    )
    installation: Annotated[
        str, Setting("OZG_INSTALLATION", "name of this installation, part of every event's source; never change it")
    ] = "localhost"
    public_url: Annotated[
        str | None, Setting("OZG_PUBLIC_URL", "address under which others reach this installation, for links")
    ] = None
    token_public_key_file: Annotated[
        Path | None, Setting("OZG_TOKEN_PUBLIC_KEY_FILE", "PEM with the Ed25519 public keys whose tokens are accepted")
    ] = None
    reading: Annotated[
        Literal["public", "token"], Setting("OZG_READING", "whether reading needs a token (public: it does not)")
    ] = "public"
    time_zone: Annotated[
        ZoneInfo,
        Setting("OZG_TIME_ZONE", "whose day an opening is compared with, and whose morning a digest is sent in"),
    ] = ZoneInfo("Europe/Berlin")
    host: Annotated[str, Setting("OZG_HOST", "address to listen on; 0.0.0.0 for all")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535), Setting("OZG_PORT", "TCP port to listen on")] = 8003
    trusted_proxies: Annotated[
        tuple[str, ...],
        Setting("OZG_TRUSTED_PROXIES", "addresses whose X-Forwarded-* headers are believed, comma-separated"),
    ] = ()
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
    log_format: Annotated[
        Literal["auto", "json", "pretty"], Setting("OZG_LOG_FORMAT", "auto is pretty on a terminal and json elsewhere")
    ] = "auto"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Setting("OZG_LOG_LEVEL", "least level that is logged")
    ] = "INFO"

    @property
    def source(self) -> str:
        """Whose events are followed."""
        return f"//{self.installation}/catalog"

    @property
    def policy(self) -> Policy:
        """Where webhooks may go. Raises SettingsInvalid."""
        return Policy(self.allow_loopback_webhooks, tuple(_network(text) for text in self.webhook_allow_networks))


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise SettingsInvalid(f"OZG_WEBHOOK_ALLOW_NETWORKS: {error}; expected networks such as 10.1.0.0/16") from None
