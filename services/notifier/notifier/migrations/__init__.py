"""The notifier's tables, step by step."""

from pathlib import Path

from events.log import migrating


async def migrate(url: str) -> None:
    """Bring the notifier's database to today's shape; safe to call on every start."""
    await migrating.migrate(url, Path(__file__).parent)
