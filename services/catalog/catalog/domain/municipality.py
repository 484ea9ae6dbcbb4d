"""An authority that delivers services. The id given at registration stays for ever; keys, names and parents are dated facts."""

from datetime import date
from functools import lru_cache
from typing import ClassVar

import msgspec

from catalog.domain.days import german
from events.contracts.catalog import (
    MunicipalityCounted,
    MunicipalityDissolved,
    MunicipalityMerged,
    MunicipalityMoved,
    MunicipalityRegistered,
    MunicipalityRekeyed,
    MunicipalityRenamed,
)
from events.contracts.parts import Basis, Location, MunicipalityRef
from events.contracts.refusals import Refusal, RefusalKind
from events.contracts.words import AuthorityLevel
from events.deciding import Key, Recorded, States

REFERENCE = Basis(kind="reference-data")


class OfficialKey(msgspec.Struct, frozen=True, gc=False):
    """A key by which it is or was known officially, from a day (None: since ever)."""

    key: str
    since: date | None = None


class Municipality(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of it now. `keys` are all it ever had, the current one last.

    `above` quotes its parents, nearest first, as they are called now; it is read with the state and never kept in it.
    """

    version: int
    id: str
    name: str
    levels: tuple[AuthorityLevel, ...]
    region: str
    kind: str
    parents: tuple[str, ...] = ()
    above: tuple[MunicipalityRef, ...] = ()
    keys: tuple[OfficialKey, ...]
    inhabitants: int | None = None
    inhabitants_on: date | None = None
    location: Location | None = None
    postcode: str | None = None
    basis: Basis = REFERENCE
    registered_on: date | None = None
    ended_on: date | None = None
    successor: MunicipalityRef | None = None
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None

    @property
    def ref(self) -> MunicipalityRef:
        """As events name it."""
        return MunicipalityRef(id=self.id, name=self.name, levels=self.levels, region=self.region)


@lru_cache(maxsize=8192)
def key_of(municipality: str) -> Key:
    """The key of its state; an alias leads to the same state."""
    return Key("municipality", municipality)


def evolve(state: Municipality | None, recorded: Recorded) -> Municipality:
    """The state after the event."""
    data = recorded.data
    if isinstance(data, MunicipalityRegistered):
        return _registered(data, recorded.version)
    assert state is not None
    state = msgspec.structs.replace(state, version=recorded.version)
    change = msgspec.structs.replace
    match data:
        case MunicipalityRenamed():
            return change(state, name=data.municipality.name)
        case MunicipalityRekeyed():
            return change(state, keys=(*state.keys, OfficialKey(data.key, data.effective_on)))
        case MunicipalityMoved():
            return change(state, parents=data.parents)
        case MunicipalityCounted():
            return change(state, inhabitants=data.inhabitants, inhabitants_on=data.inhabitants_on)
        case MunicipalityMerged():
            return change(state, ended_on=data.effective_on, successor=data.successor)
        case MunicipalityDissolved():
            return change(state, ended_on=data.effective_on)
    raise TypeError(type(data).__name__)


def _registered(data: MunicipalityRegistered, version: int) -> Municipality:
    municipality = data.municipality
    return Municipality(
        version=version,
        id=municipality.id,
        name=municipality.name,
        levels=municipality.levels,
        region=municipality.region,
        kind=data.kind,
        parents=data.parents,
        keys=(OfficialKey(municipality.id, data.effective_on),),
        inhabitants=data.inhabitants,
        inhabitants_on=data.inhabitants_on,
        location=data.location,
        postcode=data.postcode,
        basis=data.basis,
        registered_on=data.effective_on,
        language=data.language,
        translations=data.translations,
    )


# ---- refusals ----------------------------------------------------------------------------------------------------------


class MunicipalityUnknown(Refusal):
    """Nobody is registered under this key."""

    slug: ClassVar[str] = "municipality-unknown"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, key: str, field: str = "municipality") -> None:
        super().__init__(
            f"No municipality is registered as {key}. Search for it by name under /municipalities?q=…",
            f"Unter dem Schlüssel {key} ist keine Kommune geführt. Suchen Sie sie nach Namen: /municipalities?q=…",
            field=field,
        )


class MemberUnknown(MunicipalityUnknown):
    """The request names a municipality that nobody is registered as."""

    kind: ClassVar[RefusalKind] = "invalid"


class KnownUnderAnotherKey(Refusal):
    """The key is an alias; the same request with `id` is understood. The edge repeats it so."""

    slug: ClassVar[str] = "another-key"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self, key: str, municipality: "Municipality") -> None:
        self.id = municipality.id
        super().__init__(
            f"{key} is now {municipality.name} ({municipality.id}). Use that id.",
            f"{key} wird als {municipality.name} ({municipality.id}) geführt. Bitte diesen Schlüssel verwenden.",
            field="municipality",
        )


class MunicipalityHasEnded(Refusal):
    """It was merged or dissolved: it keeps its past, and nothing new is recorded for it."""

    slug: ClassVar[str] = "municipality-ended"
    kind: ClassVar[RefusalKind] = "gone"

    def __init__(self, municipality: "Municipality") -> None:
        name, day = f"{municipality.name} ({municipality.id})", municipality.ended_on
        assert day is not None
        self.successor = municipality.successor
        if self.successor is None:
            en, de = (
                f"{name} was dissolved on {day}.",
                f"{name} wurde zum {german(day)} aufgelöst.",
            )
        else:
            to = f"{self.successor.name} ({self.successor.id})"
            en = f"{name} became part of {to} on {day}. Record it for {self.successor.id}."
            de = f"{name} ist am {german(day)} in {to} aufgegangen. Bitte für {self.successor.id} erfassen."
        super().__init__(en, de, field="municipality")


class KeyTaken(Refusal):
    """The official key belongs to another municipality."""

    slug: ClassVar[str] = "key-taken"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self, key: str, municipality: "Municipality") -> None:
        super().__init__(
            f"{key} already belongs to {municipality.name} ({municipality.id}).",
            f"{key} gehört bereits zu {municipality.name} ({municipality.id}).",
            field="key",
        )


class MergedIntoItself(Refusal):
    """The successor is another municipality, and one that still exists."""

    slug: ClassVar[str] = "merged-into-itself"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} cannot be its own successor. Name the municipality that it became part of.",
            f"{key} kann nicht in sich selbst aufgehen. Bitte die aufnehmende Kommune nennen.",
            field="successor",
        )


def known(states: States, key: str) -> Municipality:
    """The municipality of that id. Raises MunicipalityUnknown, KnownUnderAnotherKey."""
    municipality: Municipality | None = states.get(key_of(key))
    if municipality is None:
        raise MunicipalityUnknown(key)
    if municipality.id != key:
        raise KnownUnderAnotherKey(key, municipality)
    return municipality


def existing(states: States, key: str) -> Municipality:
    """The same, and it has not ended. Raises MunicipalityHasEnded too."""
    municipality = known(states, key)
    if municipality.ended_on is not None:
        raise MunicipalityHasEnded(municipality)
    return municipality


def named(states: States, key: str, field: str) -> Municipality:
    """A municipality that the request's body names, by any key it ever had. Raises MemberUnknown, MunicipalityHasEnded."""
    municipality: Municipality | None = states.get(key_of(key))
    if municipality is None:
        raise MemberUnknown(key, field)
    if municipality.ended_on is not None:
        raise MunicipalityHasEnded(municipality)
    return municipality
