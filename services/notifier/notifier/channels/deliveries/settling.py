"""Writing down what came of deliveries, many at once: the attempt, the state, and what the notifier says of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from events.contracts.notifier import AlertDelivered, AlertGivenUp, SubscriptionClosed
from events.contracts.parts import Fact
from events.deciding import Key
from events.log.connect import Connection
from events.log.write import Context, lock_head, write
from notifier.audience.raising import Desk
from notifier.channels.deliveries import failing
from notifier.channels.deliveries.claiming import Claim
from notifier.channels.email.gathering import carry
from notifier.channels.webhook.sending import Answered
from notifier.domain.answer import GONE

State = Literal["gathering", "due", "delivered", "carried", "given-up", "closed"]
"""`gathering` until a mail leaves; `carried`: it could not leave on its day, and what it held leaves with the next mail."""

ClosedWhy = Literal["by-owner", "gone", "unsubscribed", "unconfirmed"]
"""`unsubscribed`: by the link in a mail; `unconfirmed`: nobody agreed to mails in time."""
_IN_EVENTS: Final[Mapping[ClosedWhy, Literal["by-owner", "gone", "given-up"]]] = {
    "by-owner": "by-owner",
    "gone": "gone",
    "unsubscribed": "by-owner",
    "unconfirmed": "given-up",
}
"""What is said of it, because what events may say is settled."""
_NOBODY_ASKED: Final = Answered(None, 0)

# Each delivery is looked up by its id and written where it was found, as in claiming: statistics know nothing of what became due just
# now, and whoever is free to choose may compare ten thousand of them with every single outcome.
_SETTLE = """
WITH said AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::uuid[], $2::int[], $3::text[], $4::int[], $5::timestamptz[], $7::timestamptz[], $8::int[], $9::int[], $10::text[],
        $11::text[]
    ) AS said (id, claim, state, attempts, due_at, at, duration_ms, status, error, answer)
), attempted AS (
    INSERT INTO attempts (delivery_id, at, duration_ms, status, error, answer)
    SELECT id, at, duration_ms, status, error, answer FROM said WHERE duration_ms IS NOT NULL
), ours AS MATERIALIZED (
    SELECT said.state, said.attempts, said.due_at, found.place FROM said CROSS JOIN LATERAL (
        SELECT ctid AS place FROM deliveries WHERE id = said.id AND claim = said.claim AND settled_at IS NULL FOR UPDATE
    ) AS found
)
UPDATE deliveries d SET
    state = ours.state, attempts = ours.attempts, due_at = coalesce(ours.due_at, d.due_at),
    settled_at = CASE WHEN ours.state = 'due' THEN NULL ELSE $6::timestamptz END
FROM ours WHERE d.ctid = ours.place
RETURNING d.id
"""
# The address and what was shared with it are erased at once; `forgetting` looks after what deliveries know of it.
_CLOSE = """
UPDATE subscriptions SET closed_at = $2, closed_why = $3, url = '', secret = '', secret_before = NULL, secret_before_until = NULL,
    confirm_until = NULL
WHERE id = ANY($1::uuid[]) AND closed_at IS NULL RETURNING id
"""
# What is being claimed or settled at this moment is left out: if it remains due, it is closed when its turn comes. Nobody who
# holds the head waits for whoever settles, and whoever settles needs the head only at the end.
_CLOSE_DELIVERIES = """
UPDATE deliveries SET state = 'closed', settled_at = $2 WHERE id IN (
    SELECT id FROM deliveries WHERE subscription_id = ANY($1::uuid[]) AND state IN ('gathering', 'due') FOR UPDATE SKIP LOCKED
)
"""


class Outcome(NamedTuple):
    """What came of one claim; `answered` is None where nobody was asked, because nothing is sent there any more."""

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
        """The receiver said that it is gone for good, or there is nobody who could agree to mails."""
        return self.answered is not None and (self.answered.status == GONE or (self.refused and self.unconfirmed))

    @property
    def refused(self) -> bool:
        """No mail will ever arrive there."""
        return self.answered is not None and self.answered.refused

    @property
    def unconfirmed(self) -> bool:
        """A mail that asks whether more are wanted."""
        return self.claim.mail is not None and self.claim.mail.confirm_until is not None


async def settle(connection: Connection, desk: Desk, outcomes: Sequence[Outcome]) -> None:
    """In one transaction. Outcomes of claims that somebody else holds by now change no state; their attempts are kept."""
    if any(one.gone for one in outcomes):
        await lock_head(connection, desk.log)  # closing touches rows that somebody who holds the head may wait for
    made = [one.answered or _NOBODY_ASKED for one in outcomes]
    rows = await connection.fetch(
        _SETTLE,
        [one.claim.id for one in outcomes],
        [one.claim.number for one in outcomes],
        [one.state for one in outcomes],
        [one.attempts for one in outcomes],
        [one.due_at for one in outcomes],
        desk.clock(),
        [one.at for one in outcomes],
        [None if answered is _NOBODY_ASKED else answered.duration_ms for answered in made],
        [answered.status for answered in made],
        [answered.error for answered in made],
        [answered.answer for answered in made],
    )
    settled = {row["id"] for row in rows}
    ours = [one for one in outcomes if one.claim.id in settled]
    last = {one.claim.subscription: one for one in ours if one.answered is not None}
    said = _said(ours)
    said += [
        (Key("subscription", id_), SubscriptionClosed(subscription=id_, why="gone"))
        for id_ in await close(
            connection, [str(one.claim.subscription) for one in ours if one.gone], desk.clock(), "gone"
        )
    ]
    carried = [one.claim.id for one in ours if one.state == "carried"]
    failures = [id_ for id_, one in last.items() if one.state in ("due", "given-up", "carried")]
    if failures or carried:
        await lock_head(connection, desk.log)
    if failures:
        given_up = [id_ for id_ in failures if last[id_].state == "given-up"]
        refused = [id_ for id_ in given_up if last[id_].refused]
        said += await failing.failed(connection, desk, failures, given_up, refused)
    context = desk.context(None, None)
    written = await write(connection, desk.log, said, context=context, clock=desk.clock, new_id=desk.new_id)
    await failing.arrived(connection, [id_ for id_, one in last.items() if one.state == "delivered"])
    await failing.tell(connection, written)
    if carried:
        await carry(connection, desk, carried)


async def close(connection: Connection, subscriptions: Sequence[str], now: datetime, why: str) -> list[str]:
    """Nobody listens there any more; answers those that were open."""
    if not subscriptions:
        return []
    closed = [str(row["id"]) for row in await connection.fetch(_CLOSE, subscriptions, now, why)]
    await connection.execute(_CLOSE_DELIVERIES, closed, now)
    return closed


async def end(
    connection: Connection, desk: Desk, subscriptions: Sequence[str], why: ClosedWhy, context: Context
) -> None:
    """Close them and say so. Those that are closed already are left as they are."""
    await lock_head(connection, desk.log)
    closed = await close(connection, subscriptions, desk.clock(), why)
    said = [(Key("subscription", one), SubscriptionClosed(subscription=one, why=_IN_EVENTS[why])) for one in closed]
    await write(connection, desk.log, said, context=context, clock=desk.clock, new_id=desk.new_id)


def _said(outcomes: Sequence[Outcome]) -> list[tuple[Key, Fact]]:
    told = [one for one in outcomes if one.state in ("delivered", "given-up")]
    return [(Key("alert", alert), _fact(one, alert)) for one in told for alert in one.claim.alerts]


def _fact(outcome: Outcome, alert: str) -> Fact:
    subscription, channel = str(outcome.claim.subscription), outcome.claim.channel
    if outcome.state == "delivered":
        return AlertDelivered(alert=alert, subscription=subscription, channel=channel, attempts=outcome.attempts)
    answered = outcome.answered
    if answered is None:
        reason = "nothing is sent there any more"
    else:
        reason = answered.error or f"the receiver answered {answered.status}"
    return AlertGivenUp(
        alert=alert, subscription=subscription, channel=channel, attempts=outcome.attempts, reason=reason
    )
