"""Assigning and ending a responsibility. An editor does it for its own municipality and, in an association, for its members."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import msgspec

from catalog.domain import municipality as municipalities
from catalog.domain import service as services
from catalog.domain.asking import By, answer_briefly, unchanged
from catalog.domain.days import check_day
from catalog.domain.entry import check_basis
from catalog.domain.municipality import Municipality
from catalog.domain.places import check_region
from catalog.domain.responsibility import Period, Responsibility, key_of
from events.contracts.catalog import ResponsibilityAssigned, ResponsibilityEnded
from events.contracts.parts import SELF, Basis, Serves
from events.contracts.refusals import Refusal, RefusalKind
from events.deciding import Decision, Key, Outcome, Said, States


class ServesNobody(Refusal):
    """It serves a region or named members: exactly one of both."""

    slug: ClassVar[str] = "serves-nobody"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self) -> None:
        super().__init__(
            'Say for whom: either {"region": "DE-SN"} or {"members": ["ars:147130000000"]}, one of the two and not both.',
            'Bitte angeben, für wen: entweder {"region": "DE-SN"} oder {"members": ["ars:147130000000"]}.',
            field="serves",
        )


class MayNotAssign(Refusal):
    """Nobody takes over for others what they did not give."""

    slug: ClassVar[str] = "may-not-assign"
    kind: ClassVar[RefusalKind] = "forbidden"

    def __init__(self, municipality: Municipality, other: str | None) -> None:
        whom = f"{other}, which is not a member of {municipality.name}" if other else "a whole region"
        wen = f"{other} (kein Mitglied von {municipality.name})" if other else "eine ganze Region"
        super().__init__(
            f"An editor of {municipality.name} may assign this for itself and its members, not for {whom}. "
            "Ask the operator of this installation.",
            f"Wer für {municipality.name} erfasst, darf dies für sich und die eigenen Mitglieder festlegen, nicht für "
            f"{wen}. Bitte an den Betreiber dieser Installation wenden.",
            field="serves",
        )


class NothingAssigned(Refusal):
    """There is nothing to end: what holds is the default."""

    slug: ClassVar[str] = "nothing-assigned"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, municipality: Municipality, service: str) -> None:
        super().__init__(
            f"Nothing is assigned to {municipality.name} for {service}; the default holds already.",
            f"Für {service} ist {municipality.name} nichts zugewiesen; es gilt bereits die Regel.",
            field="service",
        )


class AssignResponsibility(msgspec.Struct, frozen=True, kw_only=True):
    """From that day the municipality delivers the service for a region or for members, instead of whoever did."""

    municipality: str
    service: str
    effective_on: date
    by: By
    today: date
    region: str | None = None
    members: tuple[str, ...] | None = None
    legal_basis: str | None = None
    basis: Basis = SELF

    def keys(self) -> Iterable[Key]:
        """Its own and those of everyone and everything it names."""
        return [
            key_of(self.municipality, self.service),
            municipalities.key_of(self.municipality),
            services.key_of(self.service),
            *map(municipalities.key_of, self.members or ()),
        ]

    def decide(self, states: States) -> Decision:
        """Assigned (what held before ends), or nothing new."""
        municipality = municipalities.existing(states, self.municipality)
        service = services.offered(states, self.service)
        check_day(self.effective_on, self.today)
        check_basis(self.basis)
        serves = self._serves(states, municipality)
        key = key_of(self.municipality, self.service)
        state: Responsibility = states.get(key) or Responsibility(version=0)
        if state.open is not None and self._is_old_news(state.open, serves):
            return unchanged(key)
        assigned = ResponsibilityAssigned(
            municipality=municipality.ref,
            service=service.ref,
            serves=serves,
            effective_on=self.effective_on,
            legal_basis=self.legal_basis,
            basis=self.basis,
        )
        said = [Said(key, assigned)]
        if state.open is not None:
            ended = ResponsibilityEnded(
                municipality=municipality.ref,
                service=service.ref,
                serves=state.open.serves,
                effective_on=max(self.effective_on, state.open.effective_on),
                basis=self.basis,
            )
            said.insert(0, Said(key, ended))
        outcome: Outcome = "changed" if state.version else "created"
        return Decision(said, lambda kept: answer_briefly(key, outcome, kept))

    def _serves(self, states: States, municipality: Municipality) -> Serves:
        if (self.region is None) == (self.members is None) or self.members == ():
            raise ServesNobody
        if self.members is None:
            if not self.by.is_operator:
                raise MayNotAssign(municipality, None)
            assert self.region is not None
            check_region(self.region, "serves.region")
            return Serves(region=self.region)
        members = {one.id: one for one in (municipalities.named(states, m, "serves.members") for m in self.members)}
        for member in members.values():
            if not (self.by.is_operator or member.id == municipality.id or municipality.id in member.parents):
                raise MayNotAssign(municipality, f"{member.name} ({member.id})")
        return Serves(members=tuple(members[key].ref for key in sorted(members)))

    def _is_old_news(self, held: Period, serves: Serves) -> bool:
        return (
            _whom(held.serves) == _whom(serves)
            and held.legal_basis == self.legal_basis
            and held.effective_on <= self.effective_on
        )


class EndResponsibility(msgspec.Struct, frozen=True, kw_only=True):
    """From that day the default holds again."""

    municipality: str
    service: str
    effective_on: date
    today: date
    basis: Basis = SELF

    def keys(self) -> Iterable[Key]:
        """Its own and those of both that it names."""
        return [
            key_of(self.municipality, self.service),
            municipalities.key_of(self.municipality),
            services.key_of(self.service),
        ]

    def decide(self, states: States) -> Decision:
        """Ended. Raises NothingAssigned."""
        municipality = municipalities.known(states, self.municipality)
        service = services.known(states, self.service)
        check_day(self.effective_on, self.today)
        key = key_of(self.municipality, self.service)
        state: Responsibility | None = states.get(key)
        if state is None or state.open is None:
            raise NothingAssigned(municipality, service.key)
        ended = ResponsibilityEnded(
            municipality=municipality.ref,
            service=service.ref,
            serves=state.open.serves,
            effective_on=max(self.effective_on, state.open.effective_on),
            basis=self.basis,
        )
        return Decision([Said(key, ended)], lambda kept: answer_briefly(key, "removed", kept))


def _whom(serves: Serves) -> tuple[str | None, frozenset[str]]:
    return serves.region, frozenset(member.id for member in serves.members or ())
