"""Signing as Standard Webhooks says: whoever knows the secret can tell that the bytes are ours, fresh and complete."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 24
OVERLAP: Final = timedelta(hours=24)
"""So long the secret before signs beside a new one."""


def secret(random: bytes) -> str:
    """A subscription's secret in the form receivers' libraries expect; `random` are 24 or more random bytes."""
    if len(random) < LEAST_BYTES:
        raise ValueError(f"a secret needs at least {LEAST_BYTES} random bytes, not {len(random)}")
    return PREFIX + base64.b64encode(random).decode("ascii")


def sign(secrets: Sequence[str], webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that travel with the body; one signature for each secret that holds."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
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


def _signature(whsec: str, signed: bytes) -> str:
    key = base64.b64decode(whsec.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")
