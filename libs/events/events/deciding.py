"""How a decision is written down: a command looks at the state it needs and says what happened, or refuses.

Pure. `decide` never waits, never asks a clock and never reads anything but the states it is given; time and today's date are
fields of the command.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from events.contracts.parts import Fact

Outcome = Literal["created", "changed", "unchanged", "removed", "mixed"]


class Key(NamedTuple):
    """Names one state and its stream: `Key("status", "ars:147130000000/leika:99115005060000")`."""

    kind: str
    id: str

    @property
    def stream(self) -> str:
        """As it stands in the log."""
        return f"{self.kind}/{self.id}"


class Said(NamedTuple):
    """An event for the stream of `key`; the free-text `note` is kept beside the log, never in it."""

    key: Key
    data: Fact
    note: str | None = None


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event as it was written."""

    position: int
    id: UUID
    key: Key
    version: int
    time: datetime
    actor: str
    data: Fact
    note: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller hears, and hears again when it repeats the command under the same idempotency key."""

    outcome: Outcome
    version: int
    position: int
    body: msgspec.Raw


States = Mapping[Key, Any]


class Kept(NamedTuple):
    """What a reply may use: the states after the command's events, those events, and the log's position."""

    states: States
    recorded: Sequence[Recorded]
    position: int


class Decision(NamedTuple):
    """What is to be said, and how the caller is answered once it is kept."""

    said: Sequence[Said]
    reply: Callable[[Kept], Answer]


class Command(Protocol):
    """Something somebody wants."""

    def keys(self) -> Iterable[Key]:
        """Whose state `decide` needs; what does not exist is absent from the states."""

    def decide(self, states: States) -> Decision:
        """Pure. Raises Refusal."""
