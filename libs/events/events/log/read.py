"""Reading the log: pages of the stored documents, exactly as they are published, delivered and fed."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from events.log.tables import events, heads

PAGE_LIMIT = 5000


class Entry(NamedTuple):
    """One stored event as the relay needs it."""

    position: int
    id: str
    topic: str
    document: bytes


async def page(connection: AsyncConnection, after: int, limit: int = PAGE_LIMIT) -> list[bytes]:
    """The documents that follow position `after`, in order; at most `limit`."""
    query = sa.select(events.c.document).where(events.c.position > after).order_by(events.c.position).limit(limit)
    return list((await connection.execute(query)).scalars())


async def entries(connection: AsyncConnection, after: int, limit: int = PAGE_LIMIT) -> list[Entry]:
    """The same with what is needed to publish them."""
    columns = (events.c.position, sa.cast(events.c.id, sa.Text), events.c.topic, events.c.document)
    query = sa.select(*columns).where(events.c.position > after).order_by(events.c.position).limit(limit)
    return [Entry(*row) for row in await connection.execute(query)]


async def id_at(connection: AsyncConnection, position: int) -> str | None:
    """The id of the event at that position, or None beyond the head."""
    query = sa.select(sa.cast(events.c.id, sa.Text)).where(events.c.position == position)
    return (await connection.execute(query)).scalar_one_or_none()


async def head(connection: AsyncConnection) -> int:
    """The position of the last event; 0 for an empty log."""
    position: int = (await connection.execute(sa.select(heads.c.position))).scalar_one()
    return position


async def stream(connection: AsyncConnection, name: str) -> list[bytes]:
    """Everything ever said in one stream, oldest first."""
    query = sa.select(events.c.document).where(events.c.stream == name).order_by(events.c.version)
    return list((await connection.execute(query)).scalars())


async def document_at(connection: AsyncConnection, position: int) -> bytes | None:
    """One event, or None beyond the head."""
    query = sa.select(events.c.document).where(events.c.position == position)
    return (await connection.execute(query)).scalar_one_or_none()
