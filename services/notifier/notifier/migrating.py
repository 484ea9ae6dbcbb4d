"""Bringing the database to today's shape; safe to call on every start and from several processes at once."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from events.log.connect import engine

_LOCK: Final = 7_206_175_103


async def migrate(url: str) -> None:
    """Run what is missing of the migrations."""
    database = engine(url)
    try:
        async with database.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(_upgrade)
    finally:
        await database.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
