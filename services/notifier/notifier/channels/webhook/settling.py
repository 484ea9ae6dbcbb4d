"""Writing down what came of deliveries, many at once: the attempt, the state, and what the notifier says of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from events.contracts.notifier import AlertDelivered, AlertGivenUp, SubscriptionClosed
from events.contracts.parts import Fact
from events.deciding import Key
from events.log.connect import Connection
from events.log.write import lock_head, write
from notifier.audience.raising import Desk
from notifier.channels.webhook.claiming import Claim
from notifier.channels.webhook.sending import Answered
from notifier.domain.answer import GONE

State = Literal["due", "delivered", "given-up", "closed"]

# What is due is not settled; asked for so, because of what became due just now the index of what is due has no statistics.
_SETTLE = """
UPDATE deliveries d SET
    state = said.state, attempts = said.attempts, due_at = coalesce(said.due_at, d.due_at),
    settled_at = CASE WHEN said.state = 'due' THEN NULL ELSE $6::timestamptz END
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::timestamptz[]) AS said (id, claim, state, attempts, due_at)
WHERE d.id = said.id AND d.claim = said.claim AND d.settled_at IS NULL
RETURNING d.id
"""
_ATTEMPTS = """
INSERT INTO attempts (delivery_id, at, duration_ms, status, error, answer)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::int[], $5::text[], $6::text[])
"""
_ALERT_IDS = "SELECT position, id FROM alerts WHERE position = ANY($1::bigint[])"
_CLOSE = """
UPDATE subscriptions SET closed_at = $2, closed_why = $3 WHERE id = ANY($1::uuid[]) AND closed_at IS NULL RETURNING id
"""
_CLOSE_DELIVERIES = """
UPDATE deliveries SET state = 'closed', settled_at = $2 WHERE subscription_id = ANY($1::uuid[]) AND state = 'due'
"""


class Outcome(NamedTuple):
    """What came of one claim; `answered` is None where nobody was asked, because nobody listens any more."""

    claim: Claim
    state: State
    at: datetime
    answered: Answered | None
    due_at: datetime | None = None

    @property
    def attempts(self) -> int:
        """Including this one."""
        return self.claim.attempts + (self.answered is not None)

    @property
    def gone(self) -> bool:
        """The receiver said that it is gone for good."""
        return self.answered is not None and self.answered.status == GONE


async def settle(connection: Connection, desk: Desk, outcomes: Sequence[Outcome]) -> None:
    """In one transaction. Outcomes of claims that somebody else holds by now change no state; their attempts are kept."""
    if any(one.state != "due" for one in outcomes):
        await lock_head(connection, desk.log)
    await _keep_attempts(connection, outcomes)
    rows = await connection.fetch(
        _SETTLE,
        [one.claim.id for one in outcomes],
        [one.claim.number for one in outcomes],
        [one.state for one in outcomes],
        [one.attempts for one in outcomes],
        [one.due_at for one in outcomes],
        desk.clock(),
    )
    settled = {row["id"] for row in rows}
    ours = [one for one in outcomes if one.claim.id in settled]
    said = await _said(connection, ours)
    said += [
        (Key("subscription", id_), SubscriptionClosed(subscription=id_, why="gone"))
        for id_ in await close(
            connection, [str(one.claim.subscription) for one in ours if one.gone], desk.clock(), "gone"
        )
    ]
    context = desk.context(None, None)
    await write(connection, desk.log, said, context=context, clock=desk.clock, new_id=desk.new_id)


async def close(connection: Connection, subscriptions: Sequence[str], now: datetime, why: str) -> list[str]:
    """Nobody listens there any more; answers those that were open."""
    if not subscriptions:
        return []
    closed = [str(row["id"]) for row in await connection.fetch(_CLOSE, subscriptions, now, why)]
    await connection.execute(_CLOSE_DELIVERIES, closed, now)
    return closed


async def _keep_attempts(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    made = [(one, one.answered) for one in outcomes if one.answered is not None]
    await connection.execute(
        _ATTEMPTS,
        [one.claim.id for one, _ in made],
        [one.at for one, _ in made],
        [answered.duration_ms for _, answered in made],
        [answered.status for _, answered in made],
        [answered.error for _, answered in made],
        [answered.answer for _, answered in made],
    )


async def _said(connection: Connection, outcomes: Sequence[Outcome]) -> list[tuple[Key, Fact]]:
    told = [one for one in outcomes if one.state in ("delivered", "given-up")]
    positions = [position for one in told for position in one.claim.alerts]
    ids = {row["position"]: str(row["id"]) for row in await connection.fetch(_ALERT_IDS, positions)}
    return [(Key("alert", ids[position]), _fact(one, ids[position])) for one in told for position in one.claim.alerts]


def _fact(outcome: Outcome, alert: str) -> Fact:
    subscription = str(outcome.claim.subscription)
    if outcome.state == "delivered":
        return AlertDelivered(alert=alert, subscription=subscription, channel="webhook", attempts=outcome.attempts)
    answered = outcome.answered
    reason = "" if answered is None else answered.error or f"the receiver answered {answered.status}"
    return AlertGivenUp(
        alert=alert, subscription=subscription, channel="webhook", attempts=outcome.attempts, reason=reason
    )
