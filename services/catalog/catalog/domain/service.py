"""A service that citizens or businesses ask for, or a component that is reused just so."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import ClassVar

import msgspec

from catalog.domain.asking import answer_briefly, unchanged
from catalog.domain.municipality import REFERENCE
from events.contracts.catalog import ServiceListed, ServiceRevised, ServiceWithdrawn
from events.contracts.parts import Basis, Fact, ServiceRef
from events.contracts.refusals import Refusal, RefusalKind
from events.contracts.words import Audience, ServiceKind, ServiceLevel, Theme
from events.deciding import Decision, Key, Outcome, Recorded, Said, States


class Service(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the catalogue says of it now; `listed` holds all its facts."""

    version: int
    listed: ServiceListed
    withdrawn_on: date | None = None
    successor: ServiceRef | None = None

    @property
    def ref(self) -> ServiceRef:
        """As events name it."""
        return self.listed.service

    @property
    def key(self) -> str:
        """`leika:99115005060000`."""
        return self.listed.service.key


@lru_cache(maxsize=8192)
def key_of(service: str) -> Key:
    """The key of its state."""
    return Key("service", service)


def evolve(state: Service | None, recorded: Recorded) -> Service:
    """The state after the event. A service that is listed again is no longer withdrawn."""
    data = recorded.data
    if isinstance(data, ServiceListed):
        return Service(version=recorded.version, listed=data)
    assert state is not None
    assert isinstance(data, ServiceWithdrawn)
    return msgspec.structs.replace(
        state, version=recorded.version, withdrawn_on=data.effective_on, successor=data.successor
    )


class ServiceUnknown(Refusal):
    """No service or component has this key."""

    slug: ClassVar[str] = "service-unknown"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, key: str, field: str = "service") -> None:
        super().__init__(
            f"There is no service {key} in the catalogue. Search for it by name under /services?q=…",
            f"Die Leistung {key} steht nicht im Katalog. Suchen Sie sie nach Namen: /services?q=…",
            field=field,
        )


class ServiceIsWithdrawn(Refusal):
    """It left the catalogue: what is recorded stays, nothing new is recorded for it."""

    slug: ClassVar[str] = "service-withdrawn"
    kind: ClassVar[RefusalKind] = "gone"

    def __init__(self, service: Service, field: str = "service") -> None:
        name = f"{service.ref.title} ({service.key})"
        en, de = f"{name} is no longer in the catalogue.", f"{name} ist nicht mehr im Katalog."
        if service.successor is not None:
            successor = f"{service.successor.title} ({service.successor.key})"
            en, de = f"{en} Its successor is {successor}.", f"{de} An ihre Stelle trat {successor}."
        super().__init__(en, de, field=field)


class SuccessorUnknown(ServiceUnknown):
    """The successor that the request names is no service."""

    kind: ClassVar[RefusalKind] = "invalid"


class SucceedsItself(Refusal):
    """The successor is another service."""

    slug: ClassVar[str] = "succeeds-itself"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} cannot be its own successor. Name the service that replaces it, or none.",
            f"{key} kann sich nicht selbst ablösen. Bitte die Leistung nennen, die an ihre Stelle tritt, oder keine.",
            field="successor",
        )


def known(states: States, key: str) -> Service:
    """Raises ServiceUnknown."""
    service: Service | None = states.get(key_of(key))
    if service is None:
        raise ServiceUnknown(key)
    return service


def offered(states: States, key: str) -> Service:
    """Raises ServiceUnknown, ServiceIsWithdrawn."""
    service = known(states, key)
    check_offered(service)
    return service


def check_offered(service: Service) -> None:
    """Raises ServiceIsWithdrawn."""
    if service.withdrawn_on is not None:
        raise ServiceIsWithdrawn(service)


# ---- commands ------------------------------------------------------------------------------------------------------------


def _say(key: Key, data: Fact, outcome: Outcome = "changed") -> Decision:
    return Decision([Said(key, data)], lambda kept: answer_briefly(key, outcome, kept))


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that the catalogue says of a service."""

    service: str
    title: str
    kind: ServiceKind = "service"
    country: str = "DE"
    level: ServiceLevel = "commune"
    theme: Theme = "ohne"
    bundle: str | None = None
    countable: bool = True
    audience: Audience | None = None
    provisional: bool = False
    basis: Basis = REFERENCE
    effective_on: date | None = None
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.service)]

    def listed_as(self, event: type[ServiceListed]) -> ServiceListed:
        """The facts as an event says them."""
        facts = {name: getattr(self, name) for name in self.__struct_fields__ if name not in {"service", "title"}}
        return event(service=ServiceRef(key=self.service, title=self.title), **facts)


class ListService(Facts, frozen=True, kw_only=True):
    """Into the catalogue. What is listed already is left as it is; to change it, revise it."""

    def decide(self, states: States) -> Decision:
        """Listed, or nothing new."""
        service: Service | None = states.get(key_of(self.service))
        if service is not None and service.withdrawn_on is None:
            return unchanged(key_of(self.service))
        return _say(key_of(self.service), self.listed_as(ServiceListed), "created")


class ReviseService(Facts, frozen=True, kw_only=True):
    """These are all its facts from now on."""

    def decide(self, states: States) -> Decision:
        """Revised, or nothing new."""
        service = offered(states, self.service)
        revised = self.listed_as(ServiceRevised)
        if msgspec.to_builtins(revised) == msgspec.to_builtins(service.listed):
            return unchanged(key_of(self.service))
        return _say(key_of(self.service), revised)


class DescribeService(Facts, frozen=True, kw_only=True):
    """Into the catalogue; if it is there already, these are all its facts from now on."""

    def decide(self, states: States) -> Decision:
        """Listed, revised, or nothing new."""
        service: Service | None = states.get(key_of(self.service))
        facts = {name: getattr(self, name) for name in Facts.__struct_fields__}
        if service is None or service.withdrawn_on is not None:
            return ListService(**facts).decide(states)
        return ReviseService(**facts).decide(states)


class WithdrawService(msgspec.Struct, frozen=True, kw_only=True):
    """Out of the catalogue from that day, perhaps for a successor."""

    service: str
    effective_on: date
    successor: str | None = None
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Its own and the successor's."""
        return [key_of(one) for one in (self.service, self.successor) if one is not None]

    def decide(self, states: States) -> Decision:
        """Withdrawn, or nothing new."""
        service = known(states, self.service)
        if service.withdrawn_on is not None:
            return unchanged(key_of(self.service))
        return _say(
            key_of(self.service),
            ServiceWithdrawn(
                service=service.ref,
                effective_on=self.effective_on,
                successor=self._successor(states),
                basis=self.basis,
            ),
            "removed",
        )

    def _successor(self, states: States) -> ServiceRef | None:
        if self.successor is None:
            return None
        if self.successor == self.service:
            raise SucceedsItself(self.service)
        service: Service | None = states.get(key_of(self.successor))
        if service is None:
            raise SuccessorUnknown(self.successor, "successor")
        if service.withdrawn_on is not None:
            raise ServiceIsWithdrawn(service, "successor")
        return service.ref
