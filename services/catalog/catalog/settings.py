"""What an operator can set. Read at the door only: web.py, worker.py, __main__.py."""

from pathlib import Path
from typing import Annotated

import msgspec

from edge.serving_settings import Port, ServingSettings, StreamReplicas
from edge.settings import Setting


class CatalogSettings(ServingSettings, frozen=True, kw_only=True):
    """The catalog's part of the environment."""

    database_url: Annotated[
        str, Setting("OZG_CATALOG_DATABASE_URL", "PostgreSQL database of the catalog, postgresql://…", secret=True)
    ] = "postgresql://postgres@localhost/catalog"
    token_private_key_file: Annotated[
        Path | None,
        Setting("OZG_TOKEN_PRIVATE_KEY_FILE", "PEM with the Ed25519 private key; only `token issue` reads it"),
    ] = None
    port: Port = 8001
    stream_replicas: StreamReplicas = 1
    connections: Annotated[
        int,
        msgspec.Meta(ge=2, le=100),
        Setting("OZG_CATALOG_CONNECTIONS", "database connections for reading, per process"),
    ] = 10
