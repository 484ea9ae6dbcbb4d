"""What the catalog says. Past tense, self-contained: a subscriber need not ask back.

Dates are calendar days where the installation is. `effective_on: null` means since ever. In a released type only
optional fields may be added; anything else is a new version with an upcaster (see registry.py).
"""

from datetime import date

from msgspec import UNSET, UnsetType

from events.contracts.parts import (
    SELF,
    Availability,
    Basis,
    BundleRef,
    Fact,
    Location,
    MunicipalityRef,
    Serves,
    ServiceRef,
    Solution,
    Status,
)
from events.contracts.words import Audience, ServiceKind, ServiceLevel, Theme

# ---- services and bundles ----------------------------------------------------------------------------------------


class ServiceListed(Fact, tag=False):
    """A service (or a reusable component) is in the catalogue. `countable` says whether figures count it."""

    service: ServiceRef
    kind: ServiceKind
    country: str
    level: ServiceLevel
    theme: Theme
    bundle: str | None
    countable: bool
    audience: Audience | None
    provisional: bool
    basis: Basis
    effective_on: date | None = None
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None


class ServiceRevised(ServiceListed):
    """The service's description changed; these are all its facts from now on."""


class ServiceWithdrawn(Fact):
    """The service left the catalogue, perhaps for a successor."""

    service: ServiceRef
    effective_on: date
    successor: ServiceRef | None
    basis: Basis


class BundleListed(Fact):
    """A bundle with all its services."""

    bundle: BundleRef
    theme: Theme
    services: tuple[str, ...]
    basis: Basis
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None


class BundleRevised(BundleListed):
    """The bundle changed; these are all its facts from now on."""


# ---- municipalities ------------------------------------------------------------------------------------------------


class MunicipalityRegistered(Fact):
    """An authority takes part. `parents` are ids, nearest first: association, district, state."""

    municipality: MunicipalityRef
    kind: str
    parents: tuple[str, ...]
    inhabitants: int | None
    inhabitants_on: date | None
    location: Location | None
    postcode: str | None
    basis: Basis
    effective_on: date | None = None
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None


class MunicipalityRenamed(Fact):
    """It bears another name."""

    municipality: MunicipalityRef
    previous_name: str
    effective_on: date
    basis: Basis


class MunicipalityRekeyed(Fact):
    """It has another official key; its id stays, the new key is an alias from that day."""

    municipality: MunicipalityRef
    key: str
    previous_key: str
    effective_on: date
    basis: Basis


class MunicipalityMoved(Fact):
    """It belongs to other parents, for example to another association."""

    municipality: MunicipalityRef
    parents: tuple[str, ...]
    previous_parents: tuple[str, ...]
    effective_on: date
    basis: Basis


class MunicipalityCounted(Fact):
    """Its inhabitants were counted."""

    municipality: MunicipalityRef
    inhabitants: int
    inhabitants_on: date
    basis: Basis


class MunicipalityMerged(Fact):
    """It became part of its successor and keeps its past; nothing is recorded for it from that day."""

    municipality: MunicipalityRef
    successor: MunicipalityRef
    effective_on: date
    basis: Basis


class MunicipalityDissolved(Fact):
    """It ended without one successor."""

    municipality: MunicipalityRef
    effective_on: date
    basis: Basis


# ---- responsibilities ------------------------------------------------------------------------------------------------


class ResponsibilityAssigned(Fact):
    """From that day this municipality delivers the service for those it serves, instead of whoever did by default."""

    municipality: MunicipalityRef
    service: ServiceRef
    serves: Serves
    effective_on: date
    legal_basis: str | None
    basis: Basis = SELF


class ResponsibilityEnded(Fact):
    """From that day it no longer does; the default holds again."""

    municipality: MunicipalityRef
    service: ServiceRef
    serves: Serves
    effective_on: date
    basis: Basis = SELF


# ---- delegations -----------------------------------------------------------------------------------------------------


class DelegationGranted(Fact):
    """From that day the delegate (an association, a service centre) may record statuses for the municipality."""

    municipality: MunicipalityRef
    delegate: MunicipalityRef
    granted_on: date
    legal_basis: str | None = None


class DelegationEnded(Fact):
    """It may not any more. What it recorded stays recorded."""

    municipality: MunicipalityRef
    delegate: MunicipalityRef
    ended_on: date


# ---- statuses --------------------------------------------------------------------------------------------------------


class StatusRecorded(Fact):
    """From `effective_on` until `until` (exclusive; null: open end) `replaced` no longer holds and `state` does.

    A counter moves by −replaced +state on `effective_on` and back on `until`; no look-up is needed. `recorded_on` is
    the day it was said. A `correction` is no development: nobody is alerted. `delegate` is only there where another
    authority said it in the municipality's stead, which had delegated that.
    """

    municipality: MunicipalityRef
    service: ServiceRef
    effective_on: date
    until: date | None
    state: Status
    replaced: Status | None
    recorded_on: date
    correction: bool = False
    delegate: MunicipalityRef | UnsetType = UNSET


class StatusRetracted(Fact):
    """The recording of `effective_on` is void: until `until` the one before it holds again, or nothing (`state: null`)."""

    municipality: MunicipalityRef
    service: ServiceRef
    effective_on: date
    until: date | None
    state: Status | None
    replaced: Status
    recorded_on: date
    delegate: MunicipalityRef | UnsetType = UNSET


class StatusConfirmed(Fact):
    """Checked on that day: what is recorded is still true."""

    municipality: MunicipalityRef
    service: ServiceRef
    confirmed_on: date
    state: Status
    effective_on: date
    delegate: MunicipalityRef | UnsetType = UNSET


# ---- solutions -------------------------------------------------------------------------------------------------------


class SolutionPublished(Fact):
    """Others can know of it now; whether they can have it is said by its availability."""

    solution: Solution


class SolutionRevised(Fact):
    """Its facts changed; `added` and `removed` are the services that it covers newly or no longer."""

    solution: Solution
    added: tuple[ServiceRef, ...]
    removed: tuple[ServiceRef, ...]


class SolutionWithdrawn(Fact):
    """It is no longer offered to anyone."""

    solution: Solution


class SolutionBecameAvailable(Fact):
    """The solution is, or on a later day will be, open for reuse there."""

    solution: Solution
    availability: Availability


class SolutionTermsChanged(Fact):
    """It stays open there, on other terms, for others, or for another time."""

    solution: Solution
    availability: Availability
    replaced: Availability


class SolutionBecameUnavailable(Fact):
    """It can no longer be had there."""

    solution: Solution
    availability: Availability
    effective_on: date
