"""What a projection needs of an event it hears (`events.following.Heard` is one)."""

from datetime import datetime
from typing import Protocol

from events.contracts.parts import Fact


class Heard(Protocol):
    """One event in the order of its log."""

    @property
    def position(self) -> int: ...
    @property
    def time(self) -> datetime: ...
    @property
    def data(self) -> Fact: ...
