"""The settings that every service has; each adds its own port, database and what else it needs."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from edge.settings import Setting


class ServingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to answer, to know one's neighbours and to say what happens."""

    nats_url: Annotated[
        str,
        Setting("OZG_NATS_URL", "nats-server with JetStream, nats://host:port; of several all, with commas between"),
    ] = "nats://127.0.0.1:4222"
    installation: Annotated[
        str, Setting("OZG_INSTALLATION", "name of this installation, part of every event's source; never change it")
    ] = "localhost"
    public_url: Annotated[
        str | None, Setting("OZG_PUBLIC_URL", "address under which others reach this installation, for links")
    ] = None
    token_public_key_file: Annotated[
        Path | None, Setting("OZG_TOKEN_PUBLIC_KEY_FILE", "PEM with the Ed25519 public keys whose tokens are accepted")
    ] = None
    oidc_issuer: Annotated[
        str | None,
        Setting("OZG_OIDC_ISSUER", "OIDC issuer whose tokens are accepted too, https://login.example/realms/ozg"),
    ] = None
    oidc_audience: Annotated[str, Setting("OZG_OIDC_AUDIENCE", "what its tokens must have in `aud`")] = "ozg"
    oidc_role_claim: Annotated[
        str, Setting("OZG_OIDC_ROLE_CLAIM", "the claim that names roles; dots lead into objects")
    ] = "realm_access.roles"
    oidc_roles: Annotated[
        tuple[str, ...],
        Setting(
            "OZG_OIDC_ROLES", "what it says=the role here, comma-separated; who has several has the first of these"
        ),
    ] = ("ozg-operator=operator", "ozg-editor=editor", "ozg-publisher=publisher", "ozg-reader=reader")
    oidc_municipality_claim: Annotated[
        str, Setting("OZG_OIDC_MUNICIPALITY_CLAIM", "the claim that names whom one acts for")
    ] = "municipality"
    oidc_municipalities: Annotated[
        tuple[str, ...],
        Setting("OZG_OIDC_MUNICIPALITIES", "what it says=key of the authority, comma-separated; none: it says the key"),
    ] = ()
    reading: Annotated[
        Literal["public", "token"], Setting("OZG_READING", "whether reading needs a token (public: it does not)")
    ] = "public"
    rate_limit: Annotated[
        int,
        msgspec.Meta(ge=0, le=10**9),
        Setting("OZG_RATE_LIMIT", "calls a token may make a minute, over all processes of a service; 0: no limit"),
    ] = 0
    rate_limit_anonymous: Annotated[
        int,
        msgspec.Meta(ge=0, le=10**9),
        Setting(
            "OZG_RATE_LIMIT_ANONYMOUS",
            "calls a minute that are answered without a token from one address, likewise; 0: no limit",
        ),
    ] = 0
    time_zone: Annotated[
        ZoneInfo, Setting("OZG_TIME_ZONE", "whose today decides what lies in the future, and when a day begins")
    ] = ZoneInfo("Europe/Berlin")
    host: Annotated[str, Setting("OZG_HOST", "address to listen on; 0.0.0.0 for all")] = "127.0.0.1"
    trusted_proxies: Annotated[
        tuple[str, ...],
        Setting("OZG_TRUSTED_PROXIES", "addresses whose X-Forwarded-* headers are believed, comma-separated"),
    ] = ()
    traces_url: Annotated[
        str | None,
        Setting(
            "OZG_TRACES_URL", "where traces are sent (OTLP over HTTP), http://collector:4318/v1/traces; none: no traces"
        ),
    ] = None
    traces_share: Annotated[
        float,
        msgspec.Meta(ge=0, le=1),
        Setting("OZG_TRACES_SHARE", "share of the calls that are traced, 0 to 1, unless the caller's traceparent says"),
    ] = 1.0
    log_format: Annotated[
        Literal["auto", "json", "pretty"], Setting("OZG_LOG_FORMAT", "auto is pretty on a terminal and json elsewhere")
    ] = "auto"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Setting("OZG_LOG_LEVEL", "least level that is logged")
    ] = "INFO"


Port = Annotated[int, msgspec.Meta(ge=0, le=65535), Setting("OZG_PORT", "TCP port to listen on")]


StreamReplicas = Annotated[
    int,
    msgspec.Meta(ge=1, le=5),
    Setting("OZG_STREAM_REPLICAS", "on how many nats-servers a stream that is made here lies; 3 where there are three"),
]


class FollowingSettings(ServingSettings, frozen=True, kw_only=True):
    """What it takes besides to follow the catalog."""

    catalog_url: Annotated[
        str, Setting("OZG_CATALOG_URL", "base address of the catalog, whose feed is followed, http://…/api/catalog/v1")
    ] = "http://127.0.0.1:8001/api/catalog/v1"
    catalog_token: Annotated[
        str | None, Setting("OZG_CATALOG_TOKEN", "token for the catalog's feed where reading needs one", secret=True)
    ] = None

    @property
    def source(self) -> str:
        """Whose events are followed."""
        return f"//{self.installation}/catalog"
