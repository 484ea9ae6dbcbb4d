"""The catalog without a database: commands are decided and folded in memory, by the same functions that the log uses."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from catalog.domain import bundle, delegation, municipality, responsibility, service, solution, status
from catalog.domain.responsibility import Assignment, Concerning, Responsibility
from events.contracts.parts import Fact
from events.deciding import Answer, Command, Kept, Key, Recorded

_EVOLVE: Mapping[str, Callable[[Any, Recorded], Any]] = {
    "municipality": municipality.evolve,
    "service": service.evolve,
    "bundle": bundle.evolve,
    "responsibility": responsibility.evolve,
    "delegation": delegation.evolve,
    "status": status.evolve,
    "solution": solution.evolve,
}


class World:
    """Everything that was ever said, and what became of it."""

    def __init__(self, today: date = date(2026, 11, 2)) -> None:
        self.today = today
        self.states: dict[Key, Any] = {}
        self.log: list[Recorded] = []

    def hears(self, *commands: Command, actor: str = "inst/operator/1") -> Answer:
        """Decide and fold; the last answer."""
        answer = None
        for command in commands:
            answer = self._hears_one(command, actor)
        assert answer is not None
        return answer

    def said(self) -> list[Fact]:
        """What the last command said."""
        return [one.data for one in self._last]

    def _hears_one(self, command: Command, actor: str) -> Answer:
        needed = {key: self._state(key) for key in list(command.keys())}
        states = {key: state for key, state in needed.items() if state is not None}
        said, reply = command.decide(states)
        self._last: list[Recorded] = []
        for key, data, note in said:
            before = self.states.get(key)
            recorded = Recorded(
                position=len(self.log) + 1,
                id=uuid.UUID(int=len(self.log) + 1),
                key=key,
                version=getattr(before, "version", 0) + 1,
                time=datetime.combine(self.today, time(9), UTC),
                actor=actor,
                data=data,
                note=note,
            )
            self.states[key] = states[key] = _EVOLVE[key.kind](before, recorded)
            self.log.append(recorded)
            self._last.append(recorded)
        return reply(Kept(states, self._last, len(self.log)))

    def _state(self, key: Key) -> Any:
        if key.kind == "responsible":
            return self._concerning(key.id.partition("/")[2])
        if key.kind == "municipality":
            return self.town(key.id)
        return self.states.get(key)

    def town(self, key: str) -> municipality.Municipality | None:
        """By any key it ever had, quoting its parents."""
        found = next((m for k, m in self.states.items() if k.kind == "municipality" and self._is_called(m, key)), None)
        if found is None:
            return None
        above = (self.states[municipality.key_of(parent)].ref for parent in found.parents)
        quoting: municipality.Municipality = msgspec.structs.replace(found, above=tuple(above))
        return quoting

    @staticmethod
    def _is_called(one: municipality.Municipality, key: str) -> bool:
        return one.id == key or any(official.key == key for official in one.keys)

    def _concerning(self, cell_service: str) -> Concerning:
        assignments = []
        for key, state in self.states.items():
            provider, _, what = key.id.partition("/")
            if key.kind == "responsibility" and what == cell_service:
                assert isinstance(state, Responsibility)
                assignments += [
                    Assignment(
                        municipality=self.states[municipality.key_of(provider)].ref,
                        serves=period.serves,
                        effective_on=period.effective_on,
                        ended_on=period.ended_on,
                        position=period.position,
                    )
                    for period in state.periods
                ]
        return Concerning(assignments=tuple(assignments))
