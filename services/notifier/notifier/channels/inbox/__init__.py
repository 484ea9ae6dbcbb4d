"""Every municipality's inbox: what it was told, newest first, readable without a subscription."""

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

import msgspec

from events.contracts.notifier import AlertReason
from events.log.connect import Connection

InboxReason = Literal[AlertReason, "subscription-disabled"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, or why a webhook was disabled; `event` are the stored bytes, as they are on every other way."""

    id: UUID
    position: int
    raised_at: datetime
    reason: InboxReason
    event: msgspec.Raw


_ITEMS = """
SELECT a.id, a.position, a.raised_at, a.reason, e.document
FROM alerts a JOIN events e ON e.position = a.position
WHERE a.authority_id = $1 AND ($2::bigint IS NULL OR a.position < $2)
ORDER BY a.position DESC LIMIT $3
"""


async def items(connection: Connection, authority: int, before: int | None, limit: int) -> list[Item]:
    """A page of the inbox."""
    return [
        Item(
            id=row["id"],
            position=row["position"],
            raised_at=row["raised_at"],
            reason=cast("InboxReason", row["reason"]),
            event=msgspec.Raw(row["document"]),
        )
        for row in await connection.fetch(_ITEMS, authority, before, limit)
    ]
