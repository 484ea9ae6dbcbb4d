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
    port: Port = 8002
    connections: Annotated[
        int,
        msgspec.Meta(ge=2, le=100),
        Setting("OZG_PROGRESS_CONNECTIONS", "database connections, per process and each for web and worker"),
    ] = 8
