"""Who may record for a municipality in its stead: its association, a service centre. It gives that right and takes it back.

The right is to say how far services are: record, correct, retract and confirm, one by one or as a sheet. It is not handed on,
and whatever was said under it stays true when it ends.
"""

from datetime import date
from typing import ClassVar, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from catalog.domain import municipality as municipalities
from catalog.domain.days import german
from catalog.domain.municipality import Municipality
from events.contracts.catalog import DelegationEnded, DelegationGranted
from events.contracts.parts import MunicipalityRef
from events.contracts.refusals import Refusal, RefusalKind
from events.deciding import Key, Recorded, States

Delegate: TypeAlias = MunicipalityRef | UnsetType
"""Who says it in the municipality's stead, if anybody does: events of the municipality's own words have no such field."""


class Delegation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one authority may record for one municipality, since when, or until when it might."""

    version: int
    municipality: str
    delegate: str
    granted_on: date
    ended_on: date | None = None
    legal_basis: str | None = None

    @property
    def open(self) -> bool:
        """Whether it holds."""
        return self.ended_on is None


def key_of(municipality: str, delegate: str) -> Key:
    """One stream for each municipality and whoever records for it."""
    return Key("delegation", f"{municipality}/{delegate}")


def keys_for(municipality: str, delegate: str | None) -> list[Key]:
    """Whose state `acting` looks at: nobody's, where the municipality speaks for itself."""
    return [] if delegate is None else [key_of(municipality, delegate), municipalities.key_of(delegate)]


def evolve(state: Delegation | None, recorded: Recorded) -> Delegation:
    """The state after the event."""
    data = recorded.data
    if isinstance(data, DelegationGranted):
        return Delegation(
            version=recorded.version,
            municipality=data.municipality.id,
            delegate=data.delegate.id,
            granted_on=data.granted_on,
            legal_basis=data.legal_basis,
        )
    assert isinstance(data, DelegationEnded)
    assert state is not None
    return msgspec.structs.replace(state, version=recorded.version, ended_on=data.ended_on)


def acting(states: States, municipality: Municipality, delegate: str | None) -> Delegate:
    """Who records for the municipality in its stead, if somebody does. Raises NotDelegated, DelegationHasEnded."""
    if delegate is None or delegate == municipality.id:
        return UNSET
    held: Delegation | None = states.get(key_of(municipality.id, delegate))
    who: Municipality | None = states.get(municipalities.key_of(delegate))
    if held is None or who is None:
        raise NotDelegated(municipality, delegate)
    ended_on = held.ended_on or who.ended_on
    if ended_on is not None:
        raise DelegationHasEnded(municipality, who, ended_on)
    return who.ref


class NotDelegated(Refusal):
    """Nobody writes for another municipality unless it delegated that."""

    slug: ClassVar[str] = "not-your-municipality"
    kind: ClassVar[RefusalKind] = "forbidden"

    def __init__(self, municipality: Municipality, delegate: str) -> None:
        here = f"{municipality.name} ({municipality.id})"
        super().__init__(
            f"Your token is for {delegate}, not for {here}. Use a token of that municipality, or let it delegate recording "
            f"to you: PUT /municipalities/{municipality.id}/delegations/{delegate}.",
            f"Ihr Token gilt für {delegate}, nicht für {here}. Nötig ist ein Token dieser Kommune, oder dass sie Ihnen das "
            f"Erfassen überträgt: PUT /municipalities/{municipality.id}/delegations/{delegate}.",
            field="municipality",
        )


class DelegationHasEnded(Refusal):
    """The municipality took the right back, or whoever had it is no more."""

    slug: ClassVar[str] = "delegation-ended"
    kind: ClassVar[RefusalKind] = "forbidden"

    def __init__(self, municipality: Municipality, delegate: Municipality, on: date) -> None:
        super().__init__(
            f"The right of {delegate.name} to record for {municipality.name} ({municipality.id}) ended on {on}. "
            f"{municipality.name} can grant it again.",
            f"{delegate.name} darf seit dem {german(on)} nicht mehr für {municipality.name} ({municipality.id}) erfassen. "
            f"{municipality.name} kann das erneut übertragen.",
            field="municipality",
        )
