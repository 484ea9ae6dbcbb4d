"""Double opt-in: a question by mail, the answer that begins the subscription, and the way out."""

from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from events.contracts.notifier import SubscriptionConfirmed
from events.contracts.refusals import Refusal, RefusalKind
from events.log.connect import Connection
from events.log.write import Context, lock_head
from notifier.audience.raising import Desk
from notifier.audience.subscriptions import begin
from notifier.channels.deliveries.settling import end
from notifier.channels.email.gathering import ENDPOINT
from notifier.domain.letters import AGREED_TO

HOLDS: Final = timedelta(hours=48)
"""So long the link in the question holds."""
DAY: Final = timedelta(days=1)
MOST_A_DAY: Final = 3
"""So many questions may one address get within a day, whoever asks for them."""
MOST_OPEN: Final = 20
"""So many questions of one owner may wait for an answer."""

_COUNT = """
SELECT (SELECT count(*) FROM confirmations WHERE address = $1 AND asked_at > $2),
       (SELECT count(*) FROM subscriptions WHERE owner = $3 AND confirm_until IS NOT NULL)
"""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 0))"
_REMEMBER = "INSERT INTO confirmations (address, asked_at) VALUES ($1, $2)"
_ASK = """
INSERT INTO deliveries (id, subscription_id, endpoint, webhook_id, alerts, state, due_at, created_at)
VALUES ($1, $2, $3, 'mail_' || $1::uuid, '{}', 'due', $4, $4)
"""
_CONFIRM = """
UPDATE subscriptions SET confirm_until = NULL, confirmed_at = $2, agreed_to = $3
WHERE id = $1 AND confirm_until > $2 AND closed_at IS NULL RETURNING id
"""
_OVERDUE = "SELECT id FROM subscriptions WHERE confirm_until <= $1 AND closed_at IS NULL LIMIT 1000"


class AskedTooOften(Refusal):
    """Nobody's mailbox is filled with questions."""

    slug: ClassVar[str] = "asked-too-often"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self) -> None:
        super().__init__(
            f"This address was asked {MOST_A_DAY} times within a day, or {MOST_OPEN} of your questions wait for an answer. "
            "Use the link in one of these mails, or try again tomorrow.",
            f"Diese Adresse wurde heute schon {MOST_A_DAY}-mal gefragt, oder {MOST_OPEN} Ihrer Anfragen warten noch auf Antwort. "
            "Bitte den Link in einer dieser E-Mails nutzen oder es morgen wieder versuchen.",
            field="channel.address",
        )


async def may_ask(connection: Connection, code: bytes, owner: str, now: datetime) -> None:
    """Counts as asked. Raises AskedTooOften. Whoever calls opens the subscription in the same transaction."""
    await connection.execute(_ONE_AT_A_TIME, code)
    asked, waiting = await connection.fetchrow(_COUNT, code, now - DAY, owner) or (0, 0)
    if asked >= MOST_A_DAY or waiting >= MOST_OPEN:
        raise AskedTooOften
    await connection.execute(_REMEMBER, code, now)


async def ask(connection: Connection, desk: Desk, subscription: UUID) -> None:
    """The question leaves like every other mail, only at once."""
    await connection.execute(_ASK, desk.new_id(), subscription, ENDPOINT, desk.clock())


async def confirm(connection: Connection, desk: Desk, subscription: UUID, context: Context) -> bool:
    """From now on it hears. False if it was confirmed before, or is closed."""
    await lock_head(connection, desk.log)
    now = desk.clock()
    if await connection.fetchval(_CONFIRM, subscription, now, AGREED_TO) is None:
        return False
    said = SubscriptionConfirmed(subscription=str(subscription), confirmed_on=desk.day(now))
    await begin(connection, desk, subscription, said, context)
    return True


async def unsubscribe(connection: Connection, desk: Desk, subscription: UUID, context: Context) -> None:
    """Nothing more is sent, and the address is erased. Again is fine."""
    await end(connection, desk, [str(subscription)], "unsubscribed", context)


async def give_up_asking(connection: Connection, desk: Desk) -> None:
    """Who has not agreed in time is forgotten."""
    overdue = [str(row["id"]) for row in await connection.fetch(_OVERDUE, desk.clock())]
    if overdue:
        await end(connection, desk, overdue, "unconfirmed", desk.context(None, None))
