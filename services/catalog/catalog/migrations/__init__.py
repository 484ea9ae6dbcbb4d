"""The catalog's database, step by step."""

from pathlib import Path

from events.log import migrating


async def migrate(url: str) -> None:
    """Bring the database to today's shape; does nothing if it has it."""
    await migrating.migrate(url, Path(__file__).parent)
