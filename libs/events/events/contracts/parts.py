"""What events are made of: references that say enough that nobody need ask, and the facts that several events carry."""

from datetime import date

import msgspec

from events.contracts.words import AuthorityLevel, BasisKind, Phase, Reason, SolutionKind


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False, gc=False):
    """The root of everything that is said or part of it: frozen, by keyword only, and never part of a cycle (so `gc=False`)."""


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


class BundleRef(Fact):
    """An OZG-Leistung: several services for one need, known by its five-digit id."""

    id: str
    title: str


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


class Location(Fact):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


class Serves(Fact):
    """For whom: all authorities of a region whose level is the service's, or named members; exactly one of both."""

    region: str | None = None
    members: tuple[MunicipalityRef, ...] | None = None


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
