"""One batch of commands decided in order against the states they need. No I/O here: states come in, outcomes go out."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from events.contracts.refusals import Refusal
from events.deciding import Answer, Command, Kept, Key, Recorded
from events.log.statement import Statement
from events.log.write import Clock, Context, Log, NewId, Written, seal


class Keeper(Protocol):
    """How one kind of state is loaded, folded and saved. States carry `version`, that of their stream's last event.

    `remembered` states are few and asked for by every command; they stay in memory until another process appends.
    `quoted` states are part of what others are loaded with: after a change of one, nothing is decided until it is kept.
    """

    kind: str
    remembered: bool
    quoted: bool

    def asking(self, ids: Sequence[str]) -> Statement:
        """Pure: the query for those of the states that exist, in types that PostgreSQL has by itself (JSON as text)."""

    def states(self, rows: Iterable[Any]) -> Mapping[str, Any]:
        """Pure: the states in its answer, by id."""

    def evolve(self, state: Any | None, recorded: Recorded) -> Any:
        """Pure: the state after the event."""

    def save(self, states: Mapping[str, Any]) -> Sequence[Statement]:
        """Pure: what keeps all of them, one statement a table; none for states that are derived from others."""


class WrongVersion(Exception):
    """The stream has moved on from the version that the caller expected; reading it again and deciding anew helps."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the current version is {current}")
        self.current = current


class IdempotencyKeyReused(Exception):
    """The same idempotency key came with another body; a new key for a new request helps."""


class Idempotency(NamedTuple):
    """The caller's key, the scope in which it is unique, and a digest of what was asked."""

    scope: str
    key: str
    digest: bytes


class Request(msgspec.Struct, frozen=True, gc=False):
    """A command with all that was said beside it."""

    command: Command
    keys: Sequence[Key]
    context: Context
    idempotency: Idempotency | None = None
    expected: tuple[Key, int] | None = None


class Earlier(NamedTuple):
    """What is already kept under an idempotency key."""

    digest: bytes
    answer: bytes


Identity = tuple[str, str]
Result = Answer | Exception


class Batch:
    """Decides requests one after the other; each sees what those before it did."""

    def __init__(
        self,
        log: Log,
        head: int,
        states: MutableMapping[Key, Any],
        earlier: MutableMapping[Identity, Earlier],
        keepers: Mapping[str, Keeper],
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self.log = log
        self.position = head
        self.states = states
        self.earlier = earlier
        self.results: list[Result] = []
        self.written: list[Written] = []
        self.changed: set[Key] = set()
        self.answered: dict[Identity, Earlier] = {}
        self._keepers = keepers
        self._clock = clock
        self._new_id = new_id

    def take(self, requests: Iterable[Request]) -> None:
        """One result a request. A refusal, a conflict or a mistake in one leaves the others untouched."""
        self.results += [self._take_one(request) for request in requests]

    @property
    def quoted(self) -> bool:
        """Whether something changed that other states quote."""
        return any(self._keepers[key.kind].quoted for key in self.changed)

    def saving(self) -> list[Statement]:
        """What keeps the states that changed."""
        changed: dict[str, dict[str, Any]] = {}
        for key in self.changed:
            changed.setdefault(key.kind, {})[key.id] = self.states[key]
        return [statement for kind, states in changed.items() for statement in self._keepers[kind].save(states)]

    def _take_one(self, request: Request) -> Result:
        try:
            repeated = self._repeated(request.idempotency)
            return repeated if repeated is not None else self._decide(request)
        except (Refusal, WrongVersion, IdempotencyKeyReused) as no:
            return no
        except Exception as mistake:  # noqa: BLE001  a mistake in one decision must not fail its neighbours; its caller gets it
            return mistake

    def _repeated(self, idempotency: Idempotency | None) -> Answer | None:
        if idempotency is None:
            return None
        earlier = self.earlier.get((idempotency.scope, idempotency.key))
        if earlier is None:
            return None
        if earlier.digest != idempotency.digest:
            raise IdempotencyKeyReused
        return msgspec.json.decode(earlier.answer, type=Answer)

    def _decide(self, request: Request) -> Answer:
        if request.expected is not None:
            key, version = request.expected
            current = getattr(self.states.get(key), "version", 0)
            if current != version:
                raise WrongVersion(current)
        said, reply = request.command.decide(self.states)
        time = self._clock()
        written: list[Written] = []
        after: dict[Key, Any] = {}
        for position, (key, data, note) in enumerate(said, self.position + 1):
            state = after[key] if key in after else self.states.get(key)
            recorded = Recorded(
                position=position,
                id=self._new_id(),
                key=key,
                version=getattr(state, "version", 0) + 1,
                time=time,
                actor=request.context.actor,
                data=data,
                note=note,
            )
            after[key] = self._keepers[key.kind].evolve(state, recorded)
            written.append(seal(self.log, recorded, request.context))
        answer = self._answer(reply, after, written)
        self.changed.update(after)
        self.written.extend(written)
        self.position += len(written)
        if request.idempotency is not None:
            scope, given, digest = request.idempotency
            self.earlier[scope, given] = self.answered[scope, given] = Earlier(digest, msgspec.json.encode(answer))
        return answer

    def _answer(self, reply: Callable[[Kept], Answer], after: Mapping[Key, Any], written: Sequence[Written]) -> Answer:
        """On the states after the events, which are as before if answering fails."""
        before = {key: self.states[key] for key in after if key in self.states}
        self.states.update(after)
        try:
            return reply(Kept(self.states, [one.recorded for one in written], self.position + len(written)))
        except Exception:
            for key in after:
                del self.states[key]
            self.states.update(before)
            raise
