"""Days as people read them, and which are plausible."""

from datetime import date
from typing import ClassVar

from events.contracts.refusals import Refusal, RefusalKind

EARLIEST = date(1990, 1, 1)
"""Nothing that is recorded here began earlier; an older date is a slip of the keyboard."""


def german(day: date) -> str:
    """`01.11.2026`."""
    return f"{day:%d.%m.%Y}"


class DayImplausible(Refusal):
    """It holds from a day that has come."""

    slug: ClassVar[str] = "day-implausible"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, day: date, today: date, field: str) -> None:
        super().__init__(
            f"{field} {day} must lie between {EARLIEST} and today, {today}. Record it once it holds.",
            f"{field} {german(day)} muss zwischen {german(EARLIEST)} und heute ({german(today)}) liegen. "
            "Bitte erfassen, sobald es gilt.",
            field=field,
        )


def check_day(day: date, today: date, field: str = "effective_on") -> None:
    """Raises DayImplausible."""
    if not EARLIEST <= day <= today:
        raise DayImplausible(day, today, field)
