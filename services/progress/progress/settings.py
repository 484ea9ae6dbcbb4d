"""What an operator can set. Read at the door only: web.py, worker.py, __main__.py."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from edge.settings import Setting


class ProgressSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the environment that progress reads."""

    database_url: Annotated[
        str, Setting("OZG_PROGRESS_DATABASE_URL", "PostgreSQL database of progress, postgresql://…", secret=True)
    ] = "postgresql://postgres@localhost/progress"
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
    time_zone: Annotated[ZoneInfo, Setting("OZG_TIME_ZONE", "whose today `as_of` means and may not lie after")] = (
        ZoneInfo("Europe/Berlin")
    )
    host: Annotated[str, Setting("OZG_HOST", "address to listen on; 0.0.0.0 for all")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535), Setting("OZG_PORT", "TCP port to listen on")] = 8002
    trusted_proxies: Annotated[
        tuple[str, ...],
        Setting("OZG_TRUSTED_PROXIES", "addresses whose X-Forwarded-* headers are believed, comma-separated"),
    ] = ()
    connections: Annotated[
        int,
        msgspec.Meta(ge=2, le=100),
        Setting("OZG_PROGRESS_CONNECTIONS", "database connections, per process and each for web and worker"),
    ] = 8
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
