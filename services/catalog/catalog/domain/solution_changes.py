"""Publishing, revising and withdrawing a solution."""

import re
from collections.abc import Iterable
from typing import ClassVar

import msgspec

from catalog.domain import municipality as municipalities
from catalog.domain import service as services
from catalog.domain.asking import By, raw, unchanged
from catalog.domain.entry import check_basis, check_url
from catalog.domain.municipality import Municipality
from catalog.domain.service import Service
from catalog.domain.sheet import RowRefused
from catalog.domain.solution import NotYourSolution, SolutionState, key_of, known, offered
from events.contracts.catalog import SolutionPublished, SolutionRevised, SolutionWithdrawn
from events.contracts.keys import MalformedKey, municipality_id
from events.contracts.parts import SELF, Basis, Fact, PublisherRef, ServiceRef, Solution
from events.contracts.refusals import Refusal, RefusalKind
from events.contracts.words import SolutionKind
from events.deciding import Answer, Decision, Kept, Key, Outcome, Said, States


class NamesNothing(Refusal):
    """A required text is empty."""

    slug: ClassVar[str] = "names-nothing"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} may not be empty.", f"{field} darf nicht leer sein.", field=field)


class CoversUnknownServices(Refusal):
    """Every service that a solution covers is in the catalogue; `rows` names each that is not."""

    slug: ClassVar[str] = "covers-unknown-services"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, unknown: dict[int, str]) -> None:
        self.rows = [
            RowRefused(
                row=row,
                field="services",
                en=f"{key} is not in the catalogue or was withdrawn",
                de=f"{key} steht nicht im Katalog oder wurde zurückgezogen",
            )
            for row, key in unknown.items()
        ]
        keys = ", ".join(list(unknown.values())[:20])
        super().__init__(
            f"Not in the catalogue or withdrawn: {keys}. Search for services by name under /services?q=…",
            f"Nicht im Katalog oder zurückgezogen: {keys}. Leistungen nach Namen suchen: /services?q=…",
            field="services",
        )


class PublishesAsAnother(Refusal):
    """A publisher speaks for itself only."""

    slug: ClassVar[str] = "publishes-as-another"
    kind: ClassVar[RefusalKind] = "forbidden"

    def __init__(self, own: str | None, other: str) -> None:
        super().__init__(
            f"Your token publishes for {own or 'nobody'}, not for {other}.",
            f"Ihr Token veröffentlicht für {own or 'niemanden'}, nicht für {other}.",
            field="publisher",
        )


class PublishSolution(msgspec.Struct, frozen=True, kw_only=True):
    """Publish it, or these are all its facts from now on. `publisher` is a key (`ars:…`, `org:…`) or a plain name."""

    slug: str
    name: str
    kind: SolutionKind
    efa: bool
    services: tuple[str, ...]
    publisher: str
    by: By
    publisher_name: str | None = None
    description: str | None = None
    url: str | None = None
    licence: str | None = None
    source_url: str | None = None
    operator: str | None = None
    exit: str | None = None
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None
    basis: Basis = SELF

    def keys(self) -> Iterable[Key]:
        """Its own, those of its services, and the publisher's if that is a municipality."""
        keys = [key_of(self.slug), *map(services.key_of, dict.fromkeys(self.services))]
        own = [self.by.authority] * (self.by.authority is not None)
        return [*keys, *(municipalities.key_of(one) for one in (_municipality(self.publisher), *own) if one)]

    def decide(self, states: States) -> Decision:
        """Published, revised, or nothing new."""
        state: SolutionState | None = states.get(key_of(self.slug))
        if state is not None:
            check_owner(state, self.by)
        covered = frozenset(_by_key(state.solution)) if state is not None else frozenset[str]()
        solution = self._solution(states, covered)
        key = key_of(self.slug)
        if state is None or state.withdrawn:
            return _say(key, SolutionPublished(solution=solution), "changed" if state else "created")
        if solution == state.solution:
            return unchanged_solution(key)
        before, after = _by_key(state.solution), _by_key(solution)
        revised = SolutionRevised(
            solution=solution,
            added=tuple(ref for service, ref in after.items() if service not in before),
            removed=tuple(ref for service, ref in before.items() if service not in after),
        )
        return _say(key, revised, "changed")

    def _solution(self, states: States, before: frozenset[str]) -> Solution:
        for field in ("name", "publisher", "services"):
            if not (getattr(self, field) if field == "services" else getattr(self, field).strip()):
                raise NamesNothing(field)
        for field in ("url", "source_url"):
            address = getattr(self, field)
            if address is not None:
                check_url(address, field)
        check_basis(self.basis)
        own = {"services", "publisher", "publisher_name", "by"}
        facts = {name: getattr(self, name) for name in self.__struct_fields__ if name not in own}
        return Solution(services=self._services(states, before), publisher=self._publisher(states), **facts)

    def _services(self, states: States, before: frozenset[str]) -> tuple[ServiceRef, ...]:
        covered: dict[str, ServiceRef] = {}
        unknown: dict[int, str] = {}
        for row, key in enumerate(self.services, 1):
            service: Service | None = states.get(services.key_of(key))
            if service is None or (service.withdrawn_on is not None and key not in before):
                unknown[row] = key
            else:
                covered[key] = service.ref
        if unknown:
            raise CoversUnknownServices(unknown)
        return tuple(covered.values())

    def _publisher(self, states: States) -> PublisherRef:
        key = _municipality(self.publisher)
        if key is None and not self.publisher.startswith("org:"):
            return self._named_plainly()
        if key is None:
            return PublisherRef(id=self.publisher, name=self.publisher_name or self.publisher.removeprefix("org:"))
        municipality = municipalities.named(states, key, "publisher")
        if not self.by.is_operator and municipality.id != _own(states, self.by):
            raise PublishesAsAnother(self.by.authority, municipality.id)
        return PublisherRef(id=municipality.id, name=self.publisher_name or municipality.name)

    def _named_plainly(self) -> PublisherRef:
        name = self.publisher.strip()
        if not self.by.is_operator and self.by.authority is not None:
            return PublisherRef(id=self.by.authority, name=name)
        return PublisherRef(id="org:" + (re.sub(r"\W+", "-", name.lower()).strip("-") or "unnamed")[:60], name=name)


class WithdrawSolution(msgspec.Struct, frozen=True, kw_only=True):
    """Offer it to nobody any more; that closes it everywhere."""

    slug: str
    by: By

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.slug)]

    def decide(self, states: States) -> Decision:
        """Withdrawn, or nothing new."""
        state = known(states, self.slug)
        check_owner(state, self.by)
        key = key_of(self.slug)
        if state.withdrawn:
            return unchanged_solution(key)
        return _say(key, SolutionWithdrawn(solution=state.solution), "removed")


def check_owner(state: SolutionState, by: By) -> None:
    """Raises NotYourSolution."""
    if not by.is_operator and by.authority != state.owner:
        raise NotYourSolution(state.solution.slug, state.solution.publisher)


def unchanged_solution(key: Key) -> Decision:
    """Nothing new: nothing is said, and the solution is shown."""
    return unchanged(key)._replace(reply=lambda kept: answer(key, "unchanged", kept))


def answer(key: Key, outcome: Outcome, kept: Kept) -> Answer:
    """The solution as it is now."""
    state: SolutionState = kept.states[key]
    return Answer(outcome=outcome, version=state.version, position=state.position, body=raw(offered(state)))


def _say(key: Key, data: Fact, outcome: Outcome) -> Decision:
    return Decision([Said(key, data)], lambda kept: answer(key, outcome, kept))


def _by_key(solution: Solution) -> dict[str, ServiceRef]:
    return {service.key: service for service in solution.services}


def _municipality(publisher: str) -> str | None:
    """The municipality's id, if the text is one."""
    try:
        key = municipality_id(publisher)
    except MalformedKey:
        return None
    return None if key.startswith("org:") else key


def _own(states: States, by: By) -> str | None:
    municipality: Municipality | None = states.get(municipalities.key_of(by.authority)) if by.authority else None
    return municipality.id if municipality is not None else by.authority
