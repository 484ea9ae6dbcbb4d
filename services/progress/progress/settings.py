"""What an operator can set. Read at the door only: web.py, worker.py, __main__.py."""

from typing import Annotated

import msgspec

from edge.serving_settings import FollowingSettings, Port
from edge.settings import Setting


class ProgressSettings(FollowingSettings, frozen=True, kw_only=True):
    """The part of the environment that progress reads."""

    database_url: Annotated[
        str, Setting("OZG_PROGRESS_DATABASE_URL", "PostgreSQL database of progress, postgresql://…", secret=True)
    ] = "postgresql://postgres@localhost/progress"
    read_database_url: Annotated[
        str | None,
        Setting(
            "OZG_PROGRESS_READ_DATABASE_URL",
            "streaming replica of that database, from which figures are read as long as it answers (none)",
            secret=True,
        ),
    ] = None
    port: Port = 8002
    notifier_url: Annotated[
        str,
        Setting(
            "OZG_NOTIFIER_URL", "base address of the notifier, for what people do on pages, http://…/api/notifier/v1"
        ),
    ] = "http://127.0.0.1:8003/api/notifier/v1"
    oidc_client_id: Annotated[
        str | None,
        Setting(
            "OZG_OIDC_CLIENT_ID", "as what the pages are known to the issuer; without it people sign in with a token"
        ),
    ] = None
    oidc_client_secret: Annotated[
        str | None, Setting("OZG_OIDC_CLIENT_SECRET", "its secret there; none: a public client, with PKCE", secret=True)
    ] = None
    oidc_scopes: Annotated[
        tuple[str, ...], Setting("OZG_OIDC_SCOPES", "what the pages ask the issuer for, comma-separated")
    ] = ("openid",)
    connections: Annotated[
        int,
        msgspec.Meta(ge=2, le=100),
        Setting("OZG_PROGRESS_CONNECTIONS", "database connections, per process and each for web and worker"),
    ] = 8
