"""Decisions tried without a database: `given(keepers, *facts).when(command).then(*facts)`.

Facts and commands are folded by the same pure functions that the log uses.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from events.contracts.parts import Fact
from events.contracts.refusals import Refusal
from events.deciding import Answer, Command, Kept, Key, Recorded

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Folding(Protocol):
    """The half of a keeper that needs no database."""

    kind: str

    def evolve(self, state: Any | None, recorded: Recorded) -> Any:
        """The state after the event."""


class Situation:
    """What has been said so far, and how the last command was answered."""

    def __init__(self, keepers: Iterable[Folding], time: datetime = NOON) -> None:
        self.states: dict[Key, Any] = {}
        self.log: list[Recorded] = []
        self.answer: Answer | None = None
        self.refusal: Refusal | None = None
        self._evolve: dict[str, Callable[[Any, Recorded], Any]] = {keeper.kind: keeper.evolve for keeper in keepers}
        self._time = time
        self._last: list[Fact] = []

    def when(self, *commands: Command, actor: str = "test/operator/1") -> Self:
        """Decide one after the other, each seeing what those before it did; a refusal ends the row."""
        for command in commands:
            self.refusal, self.answer, self._last = None, None, []
            known = {key: self.states[key] for key in command.keys() if key in self.states}  # noqa: SIM118  a command's own method
            try:
                said, reply = command.decide(known)
            except Refusal as refusal:
                self.refusal = refusal
                return self
            recorded = [self.keep(key, data, actor=actor, note=note) for key, data, note in said]
            self._last = [one.data for one in recorded]
            self.answer = reply(Kept(self.states, recorded, len(self.log)))
        return self

    def then(self, *facts: Fact) -> Self:
        """The last command said exactly this, in this order; nothing, if nothing is given."""
        assert self.refusal is None, f"refused: {self.refusal!r}"
        assert self._last == list(facts)
        return self

    def then_refused(self, refusal: type[Refusal]) -> Self:
        """The last command was refused so, and nothing was said."""
        assert isinstance(self.refusal, refusal), f"said {self._last}, refused {self.refusal!r}"
        return self

    def keep(self, key: Key, data: Fact, *, actor: str = "test/operator/1", note: str | None = None) -> Recorded:
        """An event as if it had been decided."""
        before = self.states.get(key)
        recorded = Recorded(
            position=len(self.log) + 1,
            id=uuid.UUID(int=len(self.log) + 1),
            key=key,
            version=getattr(before, "version", 0) + 1,
            time=self._time,
            actor=actor,
            data=data,
            note=note,
        )
        self.states[key] = self._evolve[key.kind](before, recorded)
        self.log.append(recorded)
        return recorded


def given(keepers: Iterable[Folding], *facts: tuple[Key, Fact]) -> Situation:
    """A situation in which this was said."""
    situation = Situation(keepers)
    for key, data in facts:
        situation.keep(key, data)
    return situation
