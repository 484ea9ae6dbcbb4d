"""The envelope: a CloudEvents 1.0 document in structured JSON, the same bytes on every way it travels.

`sequence` is the position in the log, zero-padded to 20 digits as the extension of that name wants. `actor` names an
authority, a role and a random id, never a person.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time, always with its offset."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it travels; `data` stays raw until its type is known (`registry.decode`)."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    sequence: str
    actor: str
    correlationid: str | None = None
    traceparent: str | None = None
    visibility: Literal["public", "members"] = "public"
    data: msgspec.Raw

    @property
    def position(self) -> int:
        """Where it stands in its source's log, counted from 1."""
        return int(self.sequence)


class _Outgoing(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The same fields in the order and form they are written; absent extensions are left out, as CloudEvents wants."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    dataschema: str
    sequence: str
    actor: str
    correlationid: str | None = None
    traceparent: str | None = None
    visibility: str
    data: Any


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)
_page_decoder = msgspec.json.Decoder(list[Envelope])


def sequence(position: int) -> str:
    """The position as the `sequence` extension: lexicographic order is numeric order."""
    return f"{position:020d}"


def encode(
    *,
    id: str,  # noqa: A002  the attribute's name in CloudEvents
    source: str,
    type: str,  # noqa: A002  the attribute's name in CloudEvents
    dataschema: str,
    subject: str,
    time: datetime,
    position: int,
    actor: str,
    correlationid: str | None,
    traceparent: str | None,
    data: object,
) -> bytes:
    """The bytes that are kept, published, delivered and fed."""
    return _encoder.encode(
        _Outgoing(
            specversion="1.0",
            id=id,
            source=source,
            type=type,
            subject=subject,
            time=time,
            datacontenttype="application/json",
            dataschema=dataschema,
            sequence=sequence(position),
            actor=actor,
            correlationid=correlationid,
            traceparent=traceparent,
            visibility="public",
            data=data,
        )
    )


def decode(document: bytes) -> Envelope:
    """Raises msgspec.ValidationError or msgspec.DecodeError."""
    return _decoder.decode(document)


def decode_page(page: bytes) -> list[Envelope]:
    """A page of the feed: a JSON array of documents."""
    return _page_decoder.decode(page)
