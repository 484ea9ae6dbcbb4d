"""The links in mails: signed with the subscription's own secret, for one purpose each, and where it matters until a moment.

Whoever has the link may do what it says, and nothing else. When the subscription is closed its secret is gone, and no link fits.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal, NamedTuple
from uuid import UUID

Purpose = Literal["confirm", "unsubscribe"]

_CODE_BYTES: Final = 24
_SECOND_BYTES: Final = 5
_BYTES: Final = 16 + _SECOND_BYTES + _CODE_BYTES
"""A multiple of three, so that each has one text only."""


class Link(NamedTuple):
    """What a link says of itself before anybody has checked it; `until` is None where it holds as long as the subscription."""

    subscription: UUID
    until: datetime | None
    code: bytes


def link(secret: str, purpose: Purpose, subscription: UUID, until: datetime | None = None) -> str:
    """The token that stands in the address: 45 bytes as text."""
    said = _said(subscription, until)
    return base64.urlsafe_b64encode(said + _code(secret, purpose, said)).decode("ascii").rstrip("=")


def read(token: str) -> Link | None:
    """None if it is no such token at all."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _BYTES:
        return None
    seconds = int.from_bytes(raw[16 : 16 + _SECOND_BYTES])
    try:
        until = datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None
    return Link(UUID(bytes=raw[:16]), until, raw[16 + _SECOND_BYTES :])


def fits(found: Link, secret: str, purpose: Purpose, now: datetime) -> bool:
    """Whether it was made here, for this, and still holds."""
    said = _said(found.subscription, found.until)
    right = secret != "" and hmac.compare_digest(found.code, _code(secret, purpose, said))
    return right and (found.until is None or now < found.until)


def _said(subscription: UUID, until: datetime | None) -> bytes:
    return subscription.bytes + (0 if until is None else int(until.timestamp())).to_bytes(_SECOND_BYTES)


def _code(secret: str, purpose: Purpose, said: bytes) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode() + b"\0" + said, sha256)[:_CODE_BYTES]
