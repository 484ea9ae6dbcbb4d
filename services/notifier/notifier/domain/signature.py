"""Signing as Standard Webhooks says: whoever knows the secret can tell that the bytes are ours, fresh and complete."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 24


def secret(random: bytes) -> str:
    """A subscription's secret in the form receivers' libraries expect; `random` are 24 or more random bytes."""
    if len(random) < LEAST_BYTES:
        raise ValueError(f"a secret needs at least {LEAST_BYTES} random bytes, not {len(random)}")
    return PREFIX + base64.b64encode(random).decode("ascii")


def sign(whsec: str, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that travel with the body."""
    key = base64.b64decode(whsec.removeprefix(PREFIX))
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(key, b".".join((webhook_id.encode(), timestamp.encode(), body)), hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode("ascii"),
    }
