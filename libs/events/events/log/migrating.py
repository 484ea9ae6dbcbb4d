"""Bringing a service's database to today's shape; safe to call on every start and from several processes at once."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from events.log.connect import engine

_LOCK: Final = 7_206_175_101


async def migrate(url: str, scripts: Path) -> None:
    """Run what is missing of the migrations in `scripts`, all in one transaction; whoever comes second waits, and finds nothing to do."""
    database = engine(url)
    try:
        async with database.begin() as connection:
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            await connection.run_sync(_upgrade, scripts)
    finally:
        await database.dispose()


def _upgrade(connection: sa.Connection, scripts: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
