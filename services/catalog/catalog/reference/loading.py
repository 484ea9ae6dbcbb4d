"""The first start: what the package knows becomes events like any others. A second start adds nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Protocol

import msgspec

from catalog.domain.asking import raw
from catalog.reference import facts
from events.deciding import Answer, Command, Decision, Kept, Key, States
from events.log.write import Context

CHUNK = 1000
"""Commands in one transaction: large enough to be fast, small enough that other callers wait for milliseconds only."""


class Queue(Protocol):
    """Where commands are decided and kept: an `AppendQueue`."""

    async def append(self, command: Command, context: Context) -> Answer:
        """Decide and keep."""


class Introduce(msgspec.Struct, frozen=True):
    """Many commands, each for something of its own; what is already known is left alone, even if it has ended since."""

    commands: tuple[Command, ...]

    def keys(self) -> Iterable[Key]:
        """All that is to be introduced."""
        return chain.from_iterable(command.keys() for command in self.commands)

    def decide(self, states: States) -> Decision:
        """Says what is not known yet."""
        new = [command for command in self.commands if states.keys().isdisjoint(command.keys())]
        said = [said for command in new for said in command.decide(states).said]
        return Decision(said, lambda kept: _introduced(len(new), kept))


async def load_reference(queue: Queue, context: Context, progress: Callable[[int], None] = lambda _: None) -> int:
    """Everything, in an order in which every name is known before it is used. Returns how many events that made."""
    said = 0
    for chunk in _chunks(chain(facts.bundles(), facts.services(), facts.components(), facts.municipalities())):
        answer = await queue.append(Introduce(tuple(chunk)), context)
        said += msgspec.json.decode(answer.body, type=_Introduced).introduced
        progress(said)
    return said


class _Introduced(msgspec.Struct, frozen=True):
    introduced: int


def _introduced(count: int, kept: Kept) -> Answer:
    body = raw(_Introduced(count))
    return Answer(outcome="created" if count else "unchanged", version=0, position=kept.position, body=body)


def _chunks(commands: Iterable[Command]) -> Iterator[Sequence[Command]]:
    rest = iter(commands)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
