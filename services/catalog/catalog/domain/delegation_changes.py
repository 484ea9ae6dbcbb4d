"""Granting and ending the right to record for a municipality. Both are the municipality's own to say, or an operator's."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import msgspec

from catalog.domain import municipality as municipalities
from catalog.domain.asking import answer_briefly, unchanged
from catalog.domain.delegation import Delegation, key_of
from catalog.domain.municipality import Municipality
from events.contracts.catalog import DelegationEnded, DelegationGranted
from events.contracts.refusals import Refusal, RefusalKind
from events.deciding import Decision, Key, Outcome, Said, States


class DelegatedToItself(Refusal):
    """A municipality records for itself anyway."""

    slug: ClassVar[str] = "delegated-to-itself"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, municipality: Municipality) -> None:
        super().__init__(
            f"{municipality.name} records for itself anyway. Name the authority that is to record for it.",
            f"{municipality.name} erfasst ohnehin für sich selbst. Bitte die Behörde nennen, die es an ihrer Stelle tun soll.",
            field="delegate",
        )


class NothingDelegated(Refusal):
    """There is no such right to end."""

    slug: ClassVar[str] = "nothing-delegated"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, municipality: Municipality, delegate: str) -> None:
        super().__init__(
            f"{delegate} has no right to record for {municipality.name} ({municipality.id}); there is nothing to end.",
            f"{delegate} darf nicht für {municipality.name} ({municipality.id}) erfassen; es gibt nichts zu beenden.",
            field="delegate",
        )


class GrantDelegation(msgspec.Struct, frozen=True, kw_only=True):
    """From now on the delegate may record for the municipality."""

    municipality: str
    delegate: str
    today: date
    legal_basis: str | None = None

    def keys(self) -> Iterable[Key]:
        """Its own and both authorities'."""
        return _keys(self.municipality, self.delegate)

    def decide(self, states: States) -> Decision:
        """Granted, or nothing new. Raises DelegatedToItself, MemberUnknown, MunicipalityHasEnded."""
        municipality = municipalities.existing(states, self.municipality)
        delegate = municipalities.named(states, self.delegate, "delegate")
        if delegate.id == municipality.id:
            raise DelegatedToItself(municipality)
        key = key_of(municipality.id, delegate.id)
        state: Delegation | None = states.get(key)
        if state is not None and state.open and state.legal_basis == self.legal_basis:
            return unchanged(key)
        granted = DelegationGranted(
            municipality=municipality.ref,
            delegate=delegate.ref,
            granted_on=state.granted_on if state is not None and state.open else self.today,
            legal_basis=self.legal_basis,
        )
        outcome: Outcome = "created" if state is None or not state.open else "changed"
        return Decision([Said(key, granted)], lambda kept: answer_briefly(key, outcome, kept))


class EndDelegation(msgspec.Struct, frozen=True, kw_only=True):
    """From now on it may not any more. What it recorded stays."""

    municipality: str
    delegate: str
    today: date

    def keys(self) -> Iterable[Key]:
        """Its own and both authorities'."""
        return _keys(self.municipality, self.delegate)

    def decide(self, states: States) -> Decision:
        """Ended. Raises NothingDelegated."""
        municipality = municipalities.known(states, self.municipality)
        delegate: Municipality | None = states.get(municipalities.key_of(self.delegate))
        key = key_of(municipality.id, self.delegate)
        state: Delegation | None = states.get(key)
        if delegate is None or state is None or not state.open:
            raise NothingDelegated(municipality, self.delegate)
        ended = DelegationEnded(municipality=municipality.ref, delegate=delegate.ref, ended_on=self.today)
        return Decision([Said(key, ended)], lambda kept: answer_briefly(key, "removed", kept))


def _keys(municipality: str, delegate: str) -> list[Key]:
    return [key_of(municipality, delegate), municipalities.key_of(municipality), municipalities.key_of(delegate)]
