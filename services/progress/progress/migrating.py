"""Bringing progress's database to today's shape; does nothing if it has it."""

from pathlib import Path

from events.log import migrating


async def migrate(url: str) -> None:
    """Run what is missing of the migrations."""
    await migrating.migrate(url, Path(__file__).parent / "migrations")
