"""Where nothing arrives for days, nothing is sent any more: the inbox says so, and how to switch it on again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from events.contracts.notifier import SubscriptionDisabled
from events.deciding import Key
from events.log.connect import Connection
from events.log.write import Written
from notifier.audience.lacking import municipality
from notifier.audience.raising import Desk
from notifier.domain import wording

PATIENCE: Final = timedelta(days=5)
"""So long everything must have failed, the last delivery with all its attempts."""

_FAILED = """
UPDATE subscriptions SET failing_since = $2 WHERE id = ANY($1::uuid[]) AND failing_since IS NULL AND closed_at IS NULL
"""
_DISABLE = """
UPDATE subscriptions SET disabled_at = $2
WHERE id = ANY($1::uuid[]) AND (failing_since <= $3 OR id = ANY($4::uuid[])) AND disabled_at IS NULL AND closed_at IS NULL
RETURNING id, failing_since, authority_id, channel
"""
_MUNICIPALITIES = "SELECT id, key, name, levels, region FROM authorities WHERE id = ANY($1::int[])"
_ARRIVED = "UPDATE subscriptions SET failing_since = NULL WHERE id = ANY($1::uuid[]) AND failing_since IS NOT NULL"
_TELL = """
INSERT INTO alerts (position, id, authority_id, reason, raised_at)
SELECT $1, $2, id, 'subscription-disabled', $3 FROM authorities WHERE key = $4
"""


async def failed(
    connection: Connection, desk: Desk, subscriptions: Sequence[UUID], given_up: Sequence[UUID], refused: Sequence[UUID]
) -> list[tuple[Key, SubscriptionDisabled]]:
    """What is to be said of those that are disabled by it; those `refused` for good are not waited for.

    Whoever calls holds the head, as whoever closes a subscription does.
    """
    now = desk.clock()
    await connection.execute(_FAILED, subscriptions, now)
    if not given_up:
        return []
    disabled = await connection.fetch(_DISABLE, given_up, now, now - PATIENCE, refused)
    found = await connection.fetch(_MUNICIPALITIES, [row["authority_id"] for row in disabled])
    municipalities = {row["id"]: municipality(row) for row in found}
    return [
        (
            Key("subscription", str(row["id"])),
            SubscriptionDisabled(
                subscription=str(row["id"]),
                municipality=municipalities.get(row["authority_id"]),
                failing_since=row["failing_since"],
                title=wording.disabled(row["channel"], row["id"], desk.day(row["failing_since"])),
            ),
        )
        for row in disabled
    ]


async def arrived(connection: Connection, subscriptions: Sequence[UUID]) -> None:
    """There all is well again."""
    await connection.execute(_ARRIVED, subscriptions)


async def tell(connection: Connection, written: Sequence[Written]) -> None:
    """What was said of those disabled stands in the inbox of their municipality."""
    for recorded in (one.recorded for one in written):
        if isinstance(recorded.data, SubscriptionDisabled) and recorded.data.municipality is not None:
            where = recorded.data.municipality.id
            await connection.execute(_TELL, recorded.position, recorded.id, recorded.time, where)
