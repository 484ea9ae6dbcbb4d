"""Signing as Standard Webhooks says: whoever knows the secret, or the public key, can tell that the bytes are ours, fresh and complete.

A secret says by its beginning how it signs: `whsec_…` is shared and makes codes (`v1`), `whsk_…` is ours alone and makes ed25519
signatures (`v1a`), which anybody who knows the public key `whpk_…` can verify and nobody else can make.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

Signature = Literal["hmac-sha256", "ed25519"]

SHARED: Final = "whsec_"
PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"
LEAST_BYTES: Final = 24
OVERLAP: Final = timedelta(hours=24)
"""So long the secret before signs beside a new one."""
_SHA256: Final = SHA256()


class NothingToSignWith(ValueError):
    """Nothing leaves unsigned."""


def secret(random: bytes, signature: Signature = "hmac-sha256") -> str:
    """A subscription's secret; `random` are 24 or more random bytes, for ed25519 32."""
    if len(random) < LEAST_BYTES:
        raise ValueError(f"a secret needs at least {LEAST_BYTES} random bytes, not {len(random)}")
    return (SHARED if signature == "hmac-sha256" else PRIVATE) + base64.b64encode(random).decode("ascii")


def signature_of(secret: str) -> Signature:
    """How this secret signs."""
    return "ed25519" if secret.startswith(PRIVATE) else "hmac-sha256"


def public_key(secret: str) -> str | None:
    """What a receiver verifies with; a shared secret has none."""
    if signature_of(secret) != "ed25519":
        return None
    return PUBLIC + base64.b64encode(_private(secret).public_key().public_bytes_raw()).decode("ascii")


def sign(secrets: Sequence[str], webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that travel with the body; one signature for each secret that holds. Raises NothingToSignWith."""
    if not secrets or not all(secrets):
        raise NothingToSignWith
    timestamp = str(int(at.timestamp()))
    signed = _signed(webhook_id, timestamp, body)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(one, signed) for one in secrets),
    }


def holding(now: datetime, current: str, before: str | None, before_until: datetime | None) -> tuple[str, ...]:
    """The secrets to sign with: after a change the one before holds on for a while."""
    if before is None or before_until is None or before_until <= now:
        return (current,)
    return (current, before)


def verified(key: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures was made with this secret, or with the one that belongs to this public key."""
    signed = _signed(headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), body)
    given = headers.get("webhook-signature", "").split()
    if not key.startswith(PUBLIC):
        return any(hmac.compare_digest(_signature(key, signed), one) for one in given)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(PUBLIC)))
    return any(_fits(public, one.removeprefix("v1a,"), signed) for one in given if one.startswith("v1a,"))


def _signed(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((webhook_id.encode(), timestamp.encode(), body))


def _fits(public: Ed25519PublicKey, given: str, signed: bytes) -> bool:
    try:
        public.verify(base64.b64decode(given), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature(secret: str, signed: bytes) -> str:
    if signature_of(secret) == "ed25519":
        return "v1a," + base64.b64encode(_private(secret).sign(signed)).decode("ascii")
    code = HMAC(base64.b64decode(secret.removeprefix(SHARED)), _SHA256)  # in half the time of `hmac.digest`
    code.update(signed)
    return "v1," + base64.b64encode(code.finalize()).decode("ascii")


def _private(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE)))
