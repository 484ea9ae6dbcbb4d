"""An event as it is heard: decoded, lifted to today's version, with its position."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from events.contracts import envelope, registry
from events.contracts.parts import Fact


class Heard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a follower's `apply` gets; `document` are the bytes as they travel."""

    position: int
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    actor: str
    correlationid: str | None = None
    traceparent: str | None = None
    data: Fact
    document: bytes | None = None


class Told(msgspec.Struct, frozen=True, gc=False):
    """One position of the log as it came in: heard, or in `trouble` because it cannot be understood."""

    position: int
    id: str
    heard: Heard | None
    trouble: Exception | None = None


class _Identity(msgspec.Struct):
    id: str = ""


_identify = msgspec.json.Decoder(_Identity)


def told(position: int, document: bytes, source: str) -> Told:
    """Decode one document that came in at a position; never raises."""
    try:
        one = envelope.decode(document)
        if one.source != source or int(one.sequence) != position:
            raise ValueError(f"{one.source} at {one.position} came in as {source} at {position}")  # noqa: TRY301 - caught with the decoding it belongs to
        return Told(position, one.id, _heard(position, one, document))
    except Exception as trouble:  # noqa: BLE001  whatever is wrong with it stops the follower at this very position
        return Told(position, _id_of(document), None, trouble)


def _heard(position: int, one: envelope.Envelope, document: bytes) -> Heard:
    """Raises UnknownType, msgspec.ValidationError, and whatever an upcaster raises."""
    return Heard(
        position=position,
        id=one.id,
        source=one.source,
        type=one.type,
        subject=one.subject,
        time=one.time,
        actor=one.actor,
        correlationid=one.correlationid,
        traceparent=one.traceparent,
        data=registry.decode(one),
        document=document,
    )


def page_told(documents: Sequence[bytes], after: int, source: str) -> list[Told]:
    """A page of the feed, which follows `after` without a gap."""
    return [told(position, document, source) for position, document in enumerate(documents, after + 1)]


def without_gap(told: Iterable[Told], position: int) -> list[Told]:
    """Those that follow `position` one by one; what comes after a gap is left out."""
    following: list[Told] = []
    for one in told:
        if one.position == position + 1:
            following.append(one)
            position += 1
        elif one.position > position:
            break
    return following


def _id_of(document: bytes) -> str:
    try:
        return _identify.decode(document).id
    except msgspec.DecodeError:
        return ""
