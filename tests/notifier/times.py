"""A clock and ids that tests hold in their hands."""

from datetime import datetime, timedelta
from uuid import UUID


class Clock:
    """Stands still until it is told to move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


class Ids:
    """1, 2, 3 … as UUIDs."""

    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> UUID:
        self.last += 1
        return UUID(int=(0xFFFF << 64) + self.last)
