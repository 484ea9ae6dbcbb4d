"""What may happen to a municipality: registered, renamed, rekeyed, moved, counted, merged, dissolved. Each says nothing twice."""

from collections.abc import Iterable
from datetime import date

import msgspec

from catalog.domain.asking import answer_briefly, unchanged
from catalog.domain.municipality import (
    REFERENCE,
    KeyTaken,
    MergedIntoItself,
    Municipality,
    existing,
    key_of,
    known,
    named,
)
from events.contracts.catalog import (
    MunicipalityCounted,
    MunicipalityDissolved,
    MunicipalityMerged,
    MunicipalityMoved,
    MunicipalityRegistered,
    MunicipalityRekeyed,
    MunicipalityRenamed,
)
from events.contracts.parts import Basis, Fact, Location, MunicipalityRef
from events.contracts.words import AuthorityLevel
from events.deciding import Decision, Key, Outcome, Said, States


def _say(municipality: str, data: Fact, outcome: Outcome = "changed") -> Decision:
    key = key_of(municipality)
    return Decision([Said(key, data)], lambda kept: answer_briefly(key, outcome, kept))


class RegisterMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """Take part. What is registered already is left as it is: later facts have their own commands."""

    id: str
    name: str
    levels: tuple[AuthorityLevel, ...]
    region: str
    kind: str
    parents: tuple[str, ...] = ()
    inhabitants: int | None = None
    inhabitants_on: date | None = None
    location: Location | None = None
    postcode: str | None = None
    effective_on: date | None = None
    basis: Basis = REFERENCE
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.id)]

    def decide(self, states: States) -> Decision:
        """Registered, or nothing new."""
        there: Municipality | None = states.get(key_of(self.id))
        if there is not None:
            if there.id != self.id:
                raise KeyTaken(self.id, there)
            return unchanged(key_of(self.id))
        return _say(
            self.id,
            MunicipalityRegistered(
                municipality=MunicipalityRef(id=self.id, name=self.name, levels=self.levels, region=self.region),
                kind=self.kind,
                parents=self.parents,
                inhabitants=self.inhabitants,
                inhabitants_on=self.inhabitants_on,
                location=self.location,
                postcode=self.postcode,
                basis=self.basis,
                effective_on=self.effective_on,
                language=self.language,
                translations=self.translations,
            ),
            "created",
        )


class RenameMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """It bears another name from that day."""

    id: str
    name: str
    effective_on: date
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.id)]

    def decide(self, states: States) -> Decision:
        """Renamed, or nothing new."""
        municipality = existing(states, self.id)
        if municipality.name == self.name:
            return unchanged(key_of(self.id))
        renamed = msgspec.structs.replace(municipality.ref, name=self.name)
        return _say(
            self.id,
            MunicipalityRenamed(
                municipality=renamed,
                previous_name=municipality.name,
                effective_on=self.effective_on,
                basis=self.basis,
            ),
        )


class RekeyMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """It has another official key from that day; the id stays."""

    id: str
    key: str
    effective_on: date
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Its own, and whoever may have the new key."""
        return [key_of(self.id), key_of(self.key)]

    def decide(self, states: States) -> Decision:
        """Rekeyed, or nothing new."""
        municipality = existing(states, self.id)
        if municipality.keys[-1].key == self.key:
            return unchanged(key_of(self.id))
        taken: Municipality | None = states.get(key_of(self.key))
        if taken is not None and taken.id != self.id:
            raise KeyTaken(self.key, taken)
        return _say(
            self.id,
            MunicipalityRekeyed(
                municipality=municipality.ref,
                key=self.key,
                previous_key=municipality.keys[-1].key,
                effective_on=self.effective_on,
                basis=self.basis,
            ),
        )


class MoveMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """It belongs to other parents from that day, nearest first."""

    id: str
    parents: tuple[str, ...]
    effective_on: date
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Its own and its new parents'."""
        return [key_of(self.id), *map(key_of, self.parents)]

    def decide(self, states: States) -> Decision:
        """Moved, or nothing new."""
        municipality = existing(states, self.id)
        parents = tuple(named(states, parent, "parents").id for parent in self.parents)
        if municipality.parents == parents:
            return unchanged(key_of(self.id))
        return _say(
            self.id,
            MunicipalityMoved(
                municipality=municipality.ref,
                parents=parents,
                previous_parents=municipality.parents,
                effective_on=self.effective_on,
                basis=self.basis,
            ),
        )


class CountMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """Its inhabitants on a day."""

    id: str
    inhabitants: int
    inhabitants_on: date
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.id)]

    def decide(self, states: States) -> Decision:
        """Counted, or nothing new; an older count never replaces a newer one."""
        municipality = existing(states, self.id)
        newest = municipality.inhabitants_on
        if newest is not None and (
            newest > self.inhabitants_on
            or (newest, municipality.inhabitants) == (self.inhabitants_on, self.inhabitants)
        ):
            return unchanged(key_of(self.id))
        return _say(
            self.id,
            MunicipalityCounted(
                municipality=municipality.ref,
                inhabitants=self.inhabitants,
                inhabitants_on=self.inhabitants_on,
                basis=self.basis,
            ),
        )


class MergeMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """It became part of its successor."""

    id: str
    successor: str
    effective_on: date
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Both."""
        return [key_of(self.id), key_of(self.successor)]

    def decide(self, states: States) -> Decision:
        """Merged, or nothing new."""
        municipality = known(states, self.id)
        if municipality.successor is not None and municipality.successor.id == self.successor:
            return unchanged(key_of(self.id))
        existing(states, self.id)
        successor = named(states, self.successor, "successor")
        if successor.id == self.id:
            raise MergedIntoItself(self.id)
        return _say(
            self.id,
            MunicipalityMerged(
                municipality=municipality.ref,
                successor=successor.ref,
                effective_on=self.effective_on,
                basis=self.basis,
            ),
        )


class DissolveMunicipality(msgspec.Struct, frozen=True, kw_only=True):
    """It ended without one successor."""

    id: str
    effective_on: date
    basis: Basis = REFERENCE

    def keys(self) -> Iterable[Key]:
        """Its own."""
        return [key_of(self.id)]

    def decide(self, states: States) -> Decision:
        """Dissolved, or nothing new."""
        municipality = known(states, self.id)
        if municipality.ended_on is not None and municipality.successor is None:
            return unchanged(key_of(self.id))
        existing(states, self.id)
        return _say(
            self.id,
            MunicipalityDissolved(municipality=municipality.ref, effective_on=self.effective_on, basis=self.basis),
        )
