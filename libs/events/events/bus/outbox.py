"""The log as the relay reads it, on its own connection."""

from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg

from events.bus.streams import BATCH_LIMIT

if TYPE_CHECKING:
    Postgres = asyncpg.Connection[asyncpg.Record]

DATABASE_SECONDS: Final = 10.0


class Halted(Exception):
    """The stream and the log tell different histories; `created` is when the stream was, None if the log itself is broken."""

    def __init__(self, reason: str, created: str | None) -> None:
        super().__init__(reason)
        self.created = created


class Entry(NamedTuple):
    """One event of the log as it is published."""

    position: int
    topic: str
    document: bytes


class Log:
    """What the relay asks of the log."""

    def __init__(self, database: "Postgres") -> None:
        self._database = database

    async def after(self, position: int) -> list[Entry]:
        """The next entries. Raises Halted if they do not follow without a gap."""
        rows = await self._database.fetch(
            "SELECT position, topic, document FROM events WHERE position > $1 ORDER BY position LIMIT $2",
            position,
            BATCH_LIMIT,
            timeout=DATABASE_SECONDS,
        )
        entries = list(map(Entry._make, rows))
        if entries and (entries[0].position != position + 1 or entries[-1].position != position + len(entries)):
            raise Halted(f"the log has a gap after position {position}", None)
        return entries

    async def head(self) -> int:
        """The last position; 0 for an empty log."""
        position: int = await self._database.fetchval(
            "SELECT coalesce(max(position), 0) FROM events", timeout=DATABASE_SECONDS
        )
        return position

    async def id_at(self, position: int) -> str | None:
        """The id of the event at that position."""
        identity: str | None = await self._database.fetchval(
            "SELECT id::text FROM events WHERE position = $1", position, timeout=DATABASE_SECONDS
        )
        return identity
