"""When a delivery is tried again, when it is given up, and when a digest is due."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""After the first attempt, which is made at once: eight attempts within two days."""

SPREAD: Final = 0.2
"""Jitter lengthens a pause by up to a fifth, so that a receiver that comes back is not hit by everyone at once."""

LONGEST_WISH: Final = timedelta(hours=24)
"""A receiver's Retry-After is followed up to here."""

DIGEST_AT: Final = time(6)
"""Before the working day begins, in the installation's time zone; an operator may choose another hour."""


def next_attempt(made: int, now: datetime, *, jitter: float, wish: timedelta | None = None) -> datetime | None:
    """After `made` attempts failed: when the next is due, or None when it is time to give up.

    `jitter` is from 0 to below 1; `wish` is what the receiver asked for (Retry-After) and only ever lengthens a pause.
    """
    if made > len(PAUSES):
        return None
    pause = PAUSES[made - 1] * (1 + SPREAD * jitter)
    if wish is not None:
        pause = max(pause, min(wish, LONGEST_WISH))
    return now + pause


def digest_due(now: datetime, zone: ZoneInfo, at: time = DIGEST_AT) -> datetime:
    """The next morning in the installation's zone: a digest gathers until then and leaves once a day."""
    there = now.astimezone(zone)
    morning = datetime.combine(there.date(), at, zone)
    if morning <= there:
        morning = datetime.combine(there.date() + timedelta(days=1), at, zone)
    return morning
