"""Something that others can reuse, and where it is open for reuse. It belongs to the publisher that first published it."""

from datetime import date
from typing import ClassVar

import msgspec

from catalog.domain.days import german
from events.contracts.catalog import (
    SolutionBecameAvailable,
    SolutionBecameUnavailable,
    SolutionPublished,
    SolutionRevised,
    SolutionTermsChanged,
    SolutionWithdrawn,
)
from events.contracts.parts import Availability, PublisherRef, Solution
from events.contracts.refusals import Refusal, RefusalKind
from events.deciding import Key, Recorded, States


class SolutionState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of it now; `availability` by region, `position` that of the last word about it. `owner` is the authority that may change it."""

    version: int
    solution: Solution
    owner: str
    withdrawn: bool = False
    availability: dict[str, Availability] = {}
    position: int = 0

    def open_in(self, region: str, day: date) -> Availability | None:
        """What is open there or will be; what has run out is not."""
        availability = self.availability.get(region)
        if availability is None or (availability.until is not None and availability.until <= day):
            return None
        return availability


def key_of(slug: str) -> Key:
    """The key of its state."""
    return Key("solution", slug)


def evolve(state: SolutionState | None, recorded: Recorded) -> SolutionState:
    """The state after the event."""
    data, version, position = recorded.data, recorded.version, recorded.position
    if isinstance(data, SolutionPublished):
        owner = state.owner if state is not None else _owner(data, recorded.actor)
        return SolutionState(version=version, solution=data.solution, owner=owner, position=position)
    assert state is not None
    change = msgspec.structs.replace
    state = change(state, version=version, position=position)
    match data:
        case SolutionRevised():
            return change(state, solution=data.solution)
        case SolutionWithdrawn():
            return change(state, withdrawn=True, availability={})
        case SolutionBecameAvailable() | SolutionTermsChanged():
            region = data.availability.region
            return change(
                state,
                availability={**state.availability, region: data.availability},
            )
        case SolutionBecameUnavailable():
            closed = data.availability.region
            return change(
                state,
                availability={region: one for region, one in state.availability.items() if region != closed},
            )
    raise TypeError(type(data).__name__)


def _owner(data: SolutionPublished, actor: str) -> str:
    """Whose it is: the authority that published it; what an operator publishes is for the publisher it names."""
    authority, _, who = actor.partition("/")
    return data.solution.publisher.id if who.startswith("operator") else authority


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A solution as its readers see it."""

    solution: Solution
    withdrawn: bool
    availability: tuple[Availability, ...]
    version: int
    position: int


def offered(state: SolutionState) -> Offered:
    """The solution with where it is open, by region."""
    return Offered(
        solution=state.solution,
        withdrawn=state.withdrawn,
        availability=tuple(state.availability[region] for region in sorted(state.availability)),
        version=state.version,
        position=state.position,
    )


class SolutionUnknown(Refusal):
    """Nothing is published under this slug."""

    slug: ClassVar[str] = "solution-unknown"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"There is no solution {slug!r}. Publish it first: PUT /solutions/{slug}.",
            f"Eine Lösung {slug!r} ist nicht veröffentlicht. Zuerst veröffentlichen: PUT /solutions/{slug}.",
            field="slug",
        )


class SolutionIsWithdrawn(Refusal):
    """It is no longer offered; publish it again first."""

    slug: ClassVar[str] = "solution-withdrawn"
    kind: ClassVar[RefusalKind] = "gone"

    def __init__(self, solution: Solution) -> None:
        super().__init__(
            f"{solution.name} ({solution.slug}) was withdrawn. To offer it again, publish it again: PUT /solutions/{solution.slug}.",
            f"{solution.name} ({solution.slug}) wurde zurückgezogen. Um sie wieder anzubieten, neu veröffentlichen: "
            f"PUT /solutions/{solution.slug}.",
            field="slug",
        )


class NotYourSolution(Refusal):
    """Only its publisher and operators change a solution."""

    slug: ClassVar[str] = "not-your-solution"
    kind: ClassVar[RefusalKind] = "forbidden"

    def __init__(self, slug: str, publisher: PublisherRef) -> None:
        super().__init__(
            f"The solution {slug!r} belongs to {publisher.name} ({publisher.id}). Publish yours under another slug.",
            f"Die Lösung {slug!r} gehört {publisher.name} ({publisher.id}). Bitte die eigene unter anderem Kürzel anlegen.",
            field="publisher",
        )


class NotOpenThere(Refusal):
    """There is nothing to close."""

    slug: ClassVar[str] = "not-open-there"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, slug: str, region: str, regions: list[str]) -> None:
        where = ", ".join(regions) or "–"
        super().__init__(
            f"{slug!r} is not open in {region}. Open in: {where}.",
            f"{slug!r} ist in {region} nicht geöffnet. Offen in: {where}.",
            field="region",
        )


class ClosesBeforeItOpens(Refusal):
    """`until` is the first day on which it is no longer open."""

    slug: ClassVar[str] = "closes-before-it-opens"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, opens: date, closes: date) -> None:
        super().__init__(
            f"until {closes} must be after from {opens}: it is the first day on which it is no longer open.",
            f"until {german(closes)} muss nach from {german(opens)} liegen: es ist der erste Tag, an dem nicht mehr offen ist.",
            field="until",
        )


def known(states: States, slug: str) -> SolutionState:
    """Raises SolutionUnknown."""
    state: SolutionState | None = states.get(key_of(slug))
    if state is None:
        raise SolutionUnknown(slug)
    return state


def on_offer(states: States, slug: str) -> SolutionState:
    """Raises SolutionUnknown, SolutionIsWithdrawn."""
    state = known(states, slug)
    if state.withdrawn:
        raise SolutionIsWithdrawn(state.solution)
    return state
