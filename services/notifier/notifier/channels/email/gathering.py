"""What gathers for a mail until the hour at which mails leave: one delivery a subscription gathers, one a day leaves.

`subscriptions.mailed_on` decides that a day has its mail; it is written together with the delivery that becomes due, so several
workers, late alerts and what is carried over make no second one.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from events.log.connect import Connection
from notifier.audience.raising import Desk

AT_A_TIME: Final = 1_000
ENDPOINT: Final = "mail"
"""All mails go to one receiver, the mail server: that is where bounds and pauses are counted."""

# Whoever holds the head may wait for a row that is released; here nobody waits for anything.
_RELEASE = """
WITH ready AS MATERIALIZED (
    SELECT d.id, s.id AS subscription, (s.mailed_on < $2) IS NOT FALSE AS today
    FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id
    WHERE d.state = 'gathering' AND d.due_at <= $1
    ORDER BY d.due_at LIMIT $4 FOR UPDATE SKIP LOCKED
), begun AS (
    UPDATE subscriptions SET mailed_on = $2 WHERE id IN (SELECT subscription FROM ready WHERE today)
)
UPDATE deliveries d SET
    state = CASE WHEN ready.today THEN 'due' ELSE d.state END,
    digest_on = CASE WHEN ready.today THEN $2 ELSE d.digest_on END,
    due_at = CASE WHEN ready.today THEN d.due_at ELSE $3 END
FROM ready WHERE d.id = ready.id
RETURNING ready.today
"""
_CARRY = """
INSERT INTO deliveries AS d (id, subscription_id, endpoint, webhook_id, alerts, state, due_at, created_at)
SELECT next_id, subscription_id, endpoint, 'mail_' || next_id, alerts, 'gathering', $2, $3
FROM (
    SELECT uuidv7() AS next_id, d.subscription_id, d.endpoint, d.alerts
    FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id AND s.closed_at IS NULL
    WHERE d.id = ANY($1::uuid[])
) AS carried
ON CONFLICT (subscription_id) WHERE state = 'gathering' DO UPDATE SET alerts = excluded.alerts || d.alerts
"""


async def release(connection: Connection, desk: Desk) -> int:
    """Make due what has gathered, where today's mail has not begun; how many became due."""
    now = desk.clock()
    rows = await connection.fetch(_RELEASE, now, desk.day(now), desk.next_digest(now), AT_A_TIME)
    return sum(row["today"] for row in rows)


async def carry(connection: Connection, desk: Desk, deliveries: Sequence[UUID]) -> None:
    """What did not leave on its day leaves with the next mail, today if that has not begun.

    Whoever calls holds the head, as whoever raises alerts does.
    """
    now = desk.clock()
    await connection.execute(_CARRY, deliveries, desk.todays_digest(now), now)
