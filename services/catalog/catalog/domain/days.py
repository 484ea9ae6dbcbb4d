"""Days as people read them, and which are plausible."""

from datetime import date

EARLIEST = date(1990, 1, 1)
"""Nothing that is recorded here began earlier; an older date is a slip of the keyboard."""


def german(day: date) -> str:
    """`01.11.2026`."""
    return f"{day:%d.%m.%Y}"
