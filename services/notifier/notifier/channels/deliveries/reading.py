"""Subscriptions and their deliveries, as their owners see them. The secret is never among it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from events.contracts.notifier import ChannelKind, Filter
from events.log.connect import Connection
from notifier.domain.letter import Language
from notifier.domain.signature import Signature, public_key, signature_of
from notifier.safe import Safe


class WebhookChannel(msgspec.Struct, frozen=True, tag_field="kind", tag="webhook"):
    """Where to."""

    url: str


class MailChannel(msgspec.Struct, frozen=True, tag_field="kind", tag="email"):
    """To whom, in which language."""

    address: str
    language: Language


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Who listens to what; `closed_why` is `by-owner`, `gone` (the receiver answered 410), `unsubscribed` or `unconfirmed`.

    Mails are sent from when somebody confirms, which is possible until `confirm_until`; then that is null.
    `signature` says how requests are signed, `public_key` what ed25519 signatures are verified with. Nothing has arrived since
    `failing_since`; once `disabled_at`, nothing is sent until it is reactivated.
    """

    id: UUID
    channel: WebhookChannel | MailChannel
    municipality: str | None
    filter: Filter
    mode: str
    signature: Signature | None
    public_key: str | None
    opened_at: datetime
    confirm_until: datetime | None
    closed_at: datetime | None
    closed_why: str | None
    failing_since: datetime | None
    disabled_at: datetime | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the status, or why there was none, and the first bytes of the answer."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    answer: str | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to send: an alert, or all that gathered for a digest. `due_at` says when it is tried (again)."""

    id: UUID
    webhook_id: str
    state: str
    digest: bool
    alerts: list[UUID]
    created_at: datetime
    due_at: datetime | None
    attempts: list[Attempt]


class Target(NamedTuple):
    """What is needed to send there."""

    id: UUID
    owner: str
    channel: ChannelKind
    language: Language | None
    url: str
    secret: str
    secret_before: str | None
    secret_before_until: datetime | None
    closed_at: datetime | None
    disabled_at: datetime | None


_SUBSCRIPTIONS = """
SELECT s.id, s.channel, s.url, a.key AS municipality, s.services, s.themes, s.regions, s.events, s.mode, s.secret,
    s.opened_at, s.closed_at, s.closed_why, s.failing_since, s.disabled_at, s.language, s.confirm_until
FROM subscriptions s LEFT JOIN authorities a ON a.id = s.authority_id
WHERE ($1::text IS NULL OR s.owner = $1) AND ($2::uuid IS NULL OR s.id = $2) AND ($3::uuid IS NULL OR s.id > $3)
ORDER BY s.id LIMIT $4
"""
_OPEN_OF = "SELECT count(*) FROM subscriptions WHERE owner = $1 AND closed_at IS NULL"
_TARGET = """
SELECT id, owner, channel, language, url, secret, secret_before, secret_before_until, closed_at, disabled_at
FROM subscriptions WHERE id = $1
"""
_RENEW = """
UPDATE subscriptions SET secret_before = secret, secret_before_until = $3, secret = $2 WHERE id = $1 AND closed_at IS NULL
RETURNING id
"""
_DELIVERIES = """
SELECT d.id, d.webhook_id, d.state, d.digest_on, d.created_at, d.due_at,
    ARRAY(SELECT a.id FROM alerts a WHERE a.position = ANY(d.alerts) ORDER BY a.position) AS alerts
FROM deliveries d
WHERE ($1::uuid IS NULL OR d.subscription_id = $1) AND ($5::uuid IS NULL OR d.id = $5) AND ($6::text IS NULL OR d.state = $6)
  AND ($2::timestamptz IS NULL OR (d.created_at, d.id) < ($2, $3::uuid))
ORDER BY d.created_at DESC, d.id DESC LIMIT $4
"""
_ATTEMPTS = """
SELECT delivery_id, at, duration_ms, status, error, answer FROM attempts
WHERE delivery_id = ANY($1::uuid[]) ORDER BY delivery_id, at
"""
_AGAIN = """
UPDATE deliveries d SET state = 'due', due_at = $2, attempts = 0, settled_at = NULL
FROM subscriptions s
WHERE d.id = $1 AND s.id = d.subscription_id AND s.closed_at IS NULL AND s.disabled_at IS NULL AND s.channel = 'webhook'
RETURNING d.id
"""
_GIVEN_UP_AGAIN = """
UPDATE deliveries d SET state = 'due', due_at = $2, attempts = 0, settled_at = NULL
FROM subscriptions s
WHERE d.state = 'given-up' AND ($1::uuid IS NULL OR d.subscription_id = $1)
  AND s.id = d.subscription_id AND s.closed_at IS NULL AND s.disabled_at IS NULL AND s.channel = 'webhook'
RETURNING d.id
"""
_OWNER_OF_DELIVERY = """
SELECT s.owner, s.id FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id WHERE d.id = $1
"""


async def subscriptions(
    connection: Connection,
    safe: Safe,
    *,
    owner: str | None,
    after: UUID | None = None,
    id_: UUID | None = None,
    limit: int = 1,
) -> list[Subscription]:
    """Those of one owner, or (None) everyone's; oldest first."""
    return [_subscription(row, safe) for row in await connection.fetch(_SUBSCRIPTIONS, owner, id_, after, limit)]


async def open_of(connection: Connection, owner: str) -> int:
    """How many of an owner's are open."""
    number: int = await connection.fetchval(_OPEN_OF, owner)
    return number


async def target(connection: Connection, safe: Safe, id_: UUID) -> Target | None:
    row = await connection.fetchrow(_TARGET, id_)
    if row is None:
        return None
    kept = Target(**row)
    before = None if kept.secret_before is None else safe.opened(id_, kept.secret_before)
    return kept._replace(secret=safe.opened(id_, kept.secret), secret_before=before)


async def change_secret(connection: Connection, safe: Safe, id_: UUID, secret: str, before_until: datetime) -> bool:
    """The one before signs beside it until then. False if nobody listens any more."""
    return await connection.fetchval(_RENEW, id_, safe.seal(id_, secret), before_until) is not None


async def deliveries(
    connection: Connection,
    subscription: UUID,
    before: tuple[datetime, UUID] | None,
    limit: int,
    state: str | None = None,
) -> list[Delivery]:
    """Newest first, all or those of one state, each with all its attempts."""
    at, id_ = before or (None, None)
    return await _deliveries(connection, subscription, at, id_, limit, None, state)


async def delivery(connection: Connection, id_: UUID) -> Delivery:
    """One that exists."""
    (found,) = await _deliveries(connection, None, None, None, 1, id_, None)
    return found


async def _deliveries(connection: Connection, *asked: Any) -> list[Delivery]:
    rows = await connection.fetch(_DELIVERIES, *asked)
    attempts = await _attempts(connection, [row["id"] for row in rows])
    return [
        Delivery(
            id=row["id"],
            webhook_id=row["webhook_id"],
            state=row["state"],
            digest=row["digest_on"] is not None or row["state"] == "gathering",
            alerts=row["alerts"],
            created_at=row["created_at"],
            due_at=row["due_at"] if row["state"] in ("gathering", "due") else None,
            attempts=attempts.get(row["id"], []),
        )
        for row in rows
    ]


async def subscription_of(connection: Connection, delivery: UUID) -> tuple[str, UUID] | None:
    """The owner and the subscription of a delivery."""
    row = await connection.fetchrow(_OWNER_OF_DELIVERY, delivery)
    return None if row is None else (row["owner"], row["id"])


async def deliver_again(connection: Connection, delivery: UUID, now: datetime) -> bool:
    """Due now, with a fresh schedule and the same webhook-id. False if nothing is sent there any more."""
    return await connection.fetchval(_AGAIN, delivery, now) is not None


async def deliver_given_up_again(connection: Connection, subscription: UUID | None, now: datetime) -> int:
    """All that was given up, of one subscription or of all; how many are due now. Where nothing is sent any more nothing is."""
    return len(await connection.fetch(_GIVEN_UP_AGAIN, subscription, now))


async def _attempts(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    made: dict[UUID, list[Attempt]] = {}
    for row in await connection.fetch(_ATTEMPTS, ids):
        fields: dict[str, Any] = dict(row)
        made.setdefault(fields.pop("delivery_id"), []).append(Attempt(**fields))
    return made


def _subscription(row: asyncpg.Record, safe: Safe) -> Subscription:
    secret = safe.opened(row["id"], row["secret"])
    mailed = row["channel"] == "email"
    return Subscription(
        id=row["id"],
        channel=MailChannel(row["url"].removeprefix("mailto:"), row["language"])
        if mailed
        else WebhookChannel(row["url"]),
        municipality=row["municipality"],
        filter=Filter(
            services=tuple(row["services"]),
            themes=tuple(row["themes"]),
            regions=tuple(row["regions"]),
            events=tuple(row["events"]),
        ),
        mode=row["mode"],
        signature=None if mailed else signature_of(secret),
        public_key=public_key(secret),
        opened_at=row["opened_at"],
        confirm_until=row["confirm_until"],
        closed_at=row["closed_at"],
        closed_why=row["closed_why"],
        failing_since=row["failing_since"],
        disabled_at=row["disabled_at"],
    )
