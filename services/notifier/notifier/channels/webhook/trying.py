"""A test event: signed like any other, in no log, so that a receiver can be tried before there is news."""

import msgspec

from events.contracts import envelope
from notifier.audience.raising import Desk
from notifier.channels.deliveries.reading import Target
from notifier.channels.webhook.sending import Request, Sender
from notifier.domain.answer import meaning
from notifier.domain.signature import holding

TYPE = "ozg.notifier.test.v1"
DATASCHEMA = "urn:ozg:notifier:test:v1"


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver said; `delivered` if that was a success."""

    delivered: bool
    webhook_id: str
    status: int | None
    duration_ms: int
    error: str | None
    answer: str | None


async def try_out(sender: Sender, desk: Desk, target: Target) -> Tried:
    """One attempt, not repeated."""
    id_, now = desk.new_id(), desk.clock()
    body = envelope.encode(
        id=str(id_),
        source=desk.log.source,
        type=TYPE,
        dataschema=DATASCHEMA,
        subject=f"subscription:{target.id}",
        time=now,
        position=0,
        actor=f"{desk.log.installation}/notifier/test",
        correlationid=None,
        traceparent=None,
        data={"subscription": str(target.id), "message": {"de": "Ein Test.", "en": "A test."}},
    )
    secrets = holding(now, target.secret, target.secret_before, target.secret_before_until)
    webhook_id = f"{id_}_{target.id}"
    answered = await sender.send(Request(target.url, secrets, webhook_id, body), now)
    return Tried(
        delivered=meaning(answered.status) == "taken",
        webhook_id=webhook_id,
        status=answered.status,
        duration_ms=answered.duration_ms,
        error=answered.error,
        answer=answered.answer,
    )
