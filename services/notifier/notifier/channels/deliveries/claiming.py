"""Taking deliveries that are due, webhooks and mails alike: each by one worker, for a lease after which a crashed worker's come back by themselves."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, cast
from uuid import UUID

import asyncpg

from events.contracts.notifier import ChannelKind
from events.log.connect import Connection
from notifier.domain.letter import Language
from notifier.domain.letters import MOST_LISTED
from notifier.domain.signature import holding
from notifier.safe import Safe

LEASE: Final = timedelta(seconds=60)
"""Several times what one request may take."""
MARGIN: Final = timedelta(seconds=25)
"""A request does not begin so shortly before the lease ends."""
CANDIDATES: Final = 1000
"""So many of the longest due are looked at, of which each receiver gets no more than it has room for."""

# Statistics know nothing yet of what became due just now. So nothing is left to choose: each candidate is looked up by its id,
# asked whether it is settled rather than due, for which the index of what is due is of no use, and written where it was found.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id, endpoint, due_at FROM deliveries
    WHERE state = 'due' AND due_at <= $1 AND endpoint <> ALL ($3)
    ORDER BY due_at LIMIT $7
), candidates AS (
    SELECT id, endpoint, due_at, row_number() OVER (PARTITION BY endpoint ORDER BY due_at, id) AS nth FROM due
), fitting AS MATERIALIZED (
    SELECT c.id FROM candidates c
    LEFT JOIN unnest($4::text[], $5::int[]) AS busy (endpoint, room) ON busy.endpoint = c.endpoint
    WHERE c.nth <= coalesce(busy.room, $6)
    ORDER BY c.due_at
    LIMIT $2
), chosen AS MATERIALIZED (
    SELECT locked.place FROM fitting CROSS JOIN LATERAL (
        SELECT d.ctid AS place FROM deliveries d WHERE d.id = fitting.id AND d.settled_at IS NULL AND d.due_at <= $1
        FOR UPDATE SKIP LOCKED
    ) AS locked
)
UPDATE deliveries d SET due_at = $8, claim = claim + 1
FROM chosen, subscriptions s
WHERE d.ctid = chosen.place AND s.id = d.subscription_id
RETURNING d.id, d.subscription_id, d.endpoint, d.webhook_id, d.digest_on, d.attempts, d.claim,
    CASE s.channel WHEN 'email' THEN d.alerts[1:$9] ELSE d.alerts END AS alerts, cardinality(d.alerts) AS number,
    s.url, s.secret, s.secret_before, s.secret_before_until, s.closed_at IS NULL AS listening, s.disabled_at IS NOT NULL AS disabled,
    s.channel, s.language, s.confirm_until, s.failing_since,
    CASE s.channel WHEN 'email' THEN (SELECT name FROM authorities WHERE id = s.authority_id) END AS municipality
"""
_ALERTS = "SELECT position, stream, document FROM events WHERE position = ANY($1::bigint[])"


class Addressed(NamedTuple):
    """What a mail needs to know besides; of `number` alerts only the first are listed. `confirm_until`: nobody has agreed yet."""

    language: Language
    municipality: str | None
    confirm_until: datetime | None
    number: int

    def is_void(self, alerts: Sequence[str], now: datetime) -> bool:
        """A question that came too late, or that was answered before it left."""
        return not alerts if self.confirm_until is None else self.confirm_until <= now


class Claim(NamedTuple):
    """One request to make. `number` tells this claim from one that somebody made after our lease was over."""

    id: UUID
    subscription: UUID
    endpoint: str
    webhook_id: str
    alerts: tuple[str, ...]
    batch: bool
    attempts: int
    number: int
    url: str
    secrets: tuple[str, ...]
    listening: bool
    safe_until: datetime
    documents: tuple[bytes, ...]
    disabled: bool = False
    channel: ChannelKind = "webhook"
    digest_on: date | None = None
    failing_since: datetime | None = None
    mail: "Addressed | None" = None

    @property
    def body(self) -> bytes:
        """The stored bytes of the alert; of several, an array of them."""
        return b"[" + b",".join(self.documents) + b"]" if self.batch else self.documents[0]


async def claim(
    connection: Connection,
    now: datetime,
    *,
    limit: int,
    room: Mapping[str, int],
    room_of_others: int,
    safe: Safe,
) -> list[Claim]:
    """At most `limit`, and for each endpoint at most its `room`."""
    full = [endpoint for endpoint, free in room.items() if free <= 0]
    partly = {endpoint: free for endpoint, free in room.items() if free > 0}
    rows = await connection.fetch(
        _CLAIM,
        now,
        limit,
        full,
        list(partly),
        list(partly.values()),
        room_of_others,
        CANDIDATES,
        now + LEASE,
        MOST_LISTED,
    )
    positions = sorted({position for row in rows for position in row["alerts"]})
    alerts = {
        row["position"]: (row["stream"].removeprefix("alert/"), row["document"])
        for row in await connection.fetch(_ALERTS, positions)
    }
    return [
        Claim(
            id=row["id"],
            subscription=row["subscription_id"],
            endpoint=row["endpoint"],
            webhook_id=row["webhook_id"],
            alerts=tuple(alerts[position][0] for position in row["alerts"]),
            batch=row["digest_on"] is not None,
            attempts=row["attempts"],
            number=row["claim"],
            url=row["url"],
            secrets=tuple(
                safe.opened(row["subscription_id"], one)
                for one in holding(now, row["secret"], row["secret_before"], row["secret_before_until"])
            ),
            listening=row["listening"],
            safe_until=now + LEASE - MARGIN,
            documents=tuple(alerts[position][1] for position in row["alerts"]),
            disabled=row["disabled"],
            channel=row["channel"],
            digest_on=row["digest_on"],
            failing_since=row["failing_since"],
            mail=_addressed(row) if row["channel"] == "email" else None,
        )
        for row in rows
    ]


def _addressed(row: asyncpg.Record) -> Addressed:
    return Addressed(
        cast("Language", row["language"] or "de"), row["municipality"], row["confirm_until"], row["number"]
    )
