"""What a receiver's answer means; mail servers count as receivers, and their codes from 200 to 299 mean the same."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Meaning = Literal["taken", "gone", "again", "refused"]
"""`refused`: a mail server says that there is no such address."""

GONE = 410
SLOW_DOWN = frozenset({429, 503})


def meaning(status: int | None) -> Meaning:
    """None: no answer came. A redirect is no success: a webhook goes where its subscriber said."""
    if status is not None and 200 <= status < 300:
        return "taken"
    return "gone" if status == GONE else "again"


def wish(status: int | None, retry_after: str | None, now: datetime) -> timedelta | None:
    """How long a receiver that slows us down asks to be left alone: Retry-After in seconds or as a date."""
    if status not in SLOW_DOWN or not retry_after:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**9))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta(0))
