"""What the catalog says. Past tense, self-contained: a subscriber need not ask back.

Dates are calendar days where the installation is. `effective_on: null` means since ever. In a released type only
optional fields may be added; anything else is a new version with an upcaster (see registry.py).
"""

from datetime import date

import msgspec

from events.contracts.words import (
    Audience,
    AuthorityLevel,
    BasisKind,
    Phase,
    Reason,
    ServiceKind,
    ServiceLevel,
    SolutionKind,
    Theme,
)


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """The root of everything that is said or part of it: frozen, by keyword only."""


class MunicipalityRef(Fact):
    """Enough of a municipality that nobody need ask: `id` stays for ever, `name`, `levels` and `region` are as then."""

    id: str
    name: str
    levels: tuple[AuthorityLevel, ...]
    region: str


class ServiceRef(Fact):
    """A service and its title in German (or the language of its country)."""

    key: str
    title: str


class SolutionRef(Fact):
    """A reusable solution and its name."""

    slug: str
    name: str


class PublisherRef(Fact):
    """Who publishes a solution: an authority, or another organisation as `org:…`."""

    id: str
    name: str


class Basis(Fact):
    """Where a fact comes from, optionally with an address and the day it held there."""

    kind: BasisKind
    url: str | None = None
    as_of: date | None = None


SELF = Basis(kind="self")


class Maturity(Fact):
    """A level in a named model; never converted into another model."""

    model: str
    level: int
    assessed_on: date | None = None


class Status(Fact):
    """How far one service is in one municipality: phase and maturity are different things and both kept."""

    phase: Phase
    maturity: Maturity | None = None
    expected_live_on: date | None = None
    online_url: str | None = None
    solution: str | None = None
    reason: Reason | None = None
    basis: Basis = SELF


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


class BundleRef(Fact):
    """An OZG-Leistung: several services for one need, known by its five-digit id."""

    id: str
    title: str


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


class Location(Fact):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


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


class Serves(Fact):
    """For whom: all authorities of a region whose level is the service's, or named members; exactly one of both."""

    region: str | None = None
    members: tuple[MunicipalityRef, ...] | None = None


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


# ---- statuses --------------------------------------------------------------------------------------------------------


class StatusRecorded(Fact):
    """From `effective_on` until `until` (exclusive; null: open end) `replaced` no longer holds and `state` does.

    A counter moves by −replaced +state on `effective_on` and back on `until`; no look-up is needed. `recorded_on` is
    the day it was said. A `correction` is no development: nobody is alerted.
    """

    municipality: MunicipalityRef
    service: ServiceRef
    effective_on: date
    until: date | None
    state: Status
    replaced: Status | None
    recorded_on: date
    correction: bool = False


class StatusRetracted(Fact):
    """The recording of `effective_on` is void: until `until` the one before it holds again, or nothing (`state: null`)."""

    municipality: MunicipalityRef
    service: ServiceRef
    effective_on: date
    until: date | None
    state: Status | None
    replaced: Status
    recorded_on: date


class StatusConfirmed(Fact):
    """Checked on that day: what is recorded is still true."""

    municipality: MunicipalityRef
    service: ServiceRef
    confirmed_on: date
    state: Status
    effective_on: date


# ---- solutions -------------------------------------------------------------------------------------------------------


class Solution(Fact):
    """All facts of a reusable solution. `exit` is the way out: how one gets one's data and leaves."""

    slug: str
    name: str
    kind: SolutionKind
    efa: bool
    services: tuple[ServiceRef, ...]
    publisher: PublisherRef
    description: str | None = None
    url: str | None = None
    licence: str | None = None
    source_url: str | None = None
    operator: str | None = None
    exit: str | None = None
    language: str = "de"
    translations: dict[str, dict[str, str]] | None = None
    basis: Basis = SELF


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


class Amount(Fact):
    """Money, a range in whole units of the currency."""

    from_: int | None = msgspec.field(name="from", default=None)
    to: int | None = None
    currency: str = "EUR"


class Terms(Fact):
    """On what terms a solution can be had in a region."""

    contract: str | None = None
    offered_by: str | None = None
    order_url: str | None = None
    cost_once: Amount | None = None
    cost_per_year: Amount | None = None
    preconditions: tuple[str, ...] = ()
    works_with: tuple[str, ...] = ()
    notice_months: int | None = None


class Availability(Fact):
    """Open for reuse in `region`, for everyone (`members: null`) or named members, from a day until another."""

    region: str
    from_: date = msgspec.field(name="from")
    until: date | None
    members: tuple[MunicipalityRef, ...] | None
    terms: Terms


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
