"""What an operator can set. Read at the door only: web.py, worker.py, __main__.py."""

from ipaddress import ip_network
from typing import Annotated

import msgspec

from edge.serving_settings import FollowingSettings, Port, StreamReplicas
from edge.settings import Setting, SettingsInvalid
from notifier.channels.webhook.addresses import Network, Policy


class NotifierSettings(FollowingSettings, frozen=True, kw_only=True):
    """The notifier's part of the environment."""

    database_url: Annotated[
        str, Setting("OZG_NOTIFIER_DATABASE_URL", "PostgreSQL database of the notifier, postgresql://…", secret=True)
    ] = "postgresql://postgres@localhost/notifier"
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

    @property
    def policy(self) -> Policy:
        """Where webhooks may go. Raises SettingsInvalid."""
        return Policy(self.allow_loopback_webhooks, tuple(_network(text) for text in self.webhook_allow_networks))


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise SettingsInvalid(f"OZG_WEBHOOK_ALLOW_NETWORKS: {error}; expected networks such as 10.1.0.0/16") from None
