"""Every event type that may be said: its struct, its version, how old versions become new ones.

An upcaster is a pure function from the data of version n to that of version n + 1, both as plain dictionaries.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from events.contracts import catalog, notifier, progress
from events.contracts.envelope import Envelope
from events.contracts.parts import Fact

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]


class UnknownType(LookupError):
    """No such event type is registered; a follower stops rather than skip what it cannot understand."""


class EventType(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One registered type. `upcasters[n]` turns the data of version n into that of version n + 1."""

    speaker: str
    noun: str
    verb: str
    struct: type[Fact]
    version: int = 1
    upcasters: Mapping[int, Upcaster] = {}

    @cached_property
    def name(self) -> str:
        """`status-recorded`."""
        return f"{self.noun}-{self.verb}"

    @cached_property
    def wire(self) -> str:
        """`ozg.catalog.status-recorded.v1`."""
        return f"ozg.{self.speaker}.{self.name}.v{self.version}"

    @cached_property
    def dataschema(self) -> str:
        """`urn:ozg:catalog:status-recorded:v1`."""
        return f"urn:ozg:{self.speaker}:{self.name}:v{self.version}"


def _types() -> list[EventType]:
    c, p, n = catalog, progress, notifier
    said: list[tuple[str, str, str, type[Fact]]] = [
        ("catalog", "service", "listed", c.ServiceListed),
        ("catalog", "service", "revised", c.ServiceRevised),
        ("catalog", "service", "withdrawn", c.ServiceWithdrawn),
        ("catalog", "bundle", "listed", c.BundleListed),
        ("catalog", "bundle", "revised", c.BundleRevised),
        ("catalog", "municipality", "registered", c.MunicipalityRegistered),
        ("catalog", "municipality", "renamed", c.MunicipalityRenamed),
        ("catalog", "municipality", "rekeyed", c.MunicipalityRekeyed),
        ("catalog", "municipality", "moved", c.MunicipalityMoved),
        ("catalog", "municipality", "counted", c.MunicipalityCounted),
        ("catalog", "municipality", "merged", c.MunicipalityMerged),
        ("catalog", "municipality", "dissolved", c.MunicipalityDissolved),
        ("catalog", "responsibility", "assigned", c.ResponsibilityAssigned),
        ("catalog", "responsibility", "ended", c.ResponsibilityEnded),
        ("catalog", "status", "recorded", c.StatusRecorded),
        ("catalog", "status", "retracted", c.StatusRetracted),
        ("catalog", "status", "confirmed", c.StatusConfirmed),
        ("catalog", "delegation", "granted", c.DelegationGranted),
        ("catalog", "delegation", "ended", c.DelegationEnded),
        ("catalog", "solution", "published", c.SolutionPublished),
        ("catalog", "solution", "revised", c.SolutionRevised),
        ("catalog", "solution", "withdrawn", c.SolutionWithdrawn),
        ("catalog", "solution", "became-available", c.SolutionBecameAvailable),
        ("catalog", "solution", "terms-changed", c.SolutionTermsChanged),
        ("catalog", "solution", "became-unavailable", c.SolutionBecameUnavailable),
        ("progress", "milestone", "reached", p.MilestoneReached),
        ("progress", "service", "online-everywhere", p.ServiceOnlineEverywhere),
        ("notifier", "subscription", "opened", n.SubscriptionOpened),
        ("notifier", "subscription", "confirmed", n.SubscriptionConfirmed),
        ("notifier", "subscription", "disabled", n.SubscriptionDisabled),
        ("notifier", "subscription", "reactivated", n.SubscriptionReactivated),
        ("notifier", "subscription", "closed", n.SubscriptionClosed),
        ("notifier", "alert", "raised", n.AlertRaised),
        ("notifier", "alert", "delivered", n.AlertDelivered),
        ("notifier", "alert", "given-up", n.AlertGivenUp),
    ]
    return [EventType(speaker=s, noun=noun, verb=verb, struct=struct) for s, noun, verb, struct in said]


TYPES: tuple[EventType, ...] = tuple(_types())
RESERVED: tuple[str, ...] = (
    *(f"ozg.catalog.adoption-{verb}" for verb in ("interest-declared", "agreed", "started", "went-live", "ended")),
    *(f"ozg.catalog.need-{verb}" for verb in ("declared", "met", "withdrawn")),
)
"""Names that will be said later and mean nothing yet."""

_by_struct = {event_type.struct: event_type for event_type in TYPES}
_by_name = {event_type.wire.rpartition(".v")[0]: event_type for event_type in TYPES}
_decoders = {event_type.wire: msgspec.json.Decoder(event_type.struct) for event_type in TYPES}


def type_of(data: Fact) -> EventType:
    """The registered type of an event's data. Raises UnknownType."""
    try:
        return _by_struct[type(data)]
    except KeyError:
        raise UnknownType(f"{type(data).__name__} is not a registered event") from None


def find(speaker: str, name: str) -> EventType | None:
    """By speaker and name: `("catalog", "status-recorded")`."""
    return _by_name.get(f"ozg.{speaker}.{name}")


def decode(envelope: Envelope) -> Fact:
    """The event's data in today's version. Raises UnknownType, msgspec.ValidationError."""
    current = _decoders.get(envelope.type)
    if current is not None:
        return current.decode(envelope.data)
    return upcast(envelope)


def upcast(envelope: Envelope, names: Mapping[str, EventType] | None = None) -> Fact:
    """Data of an older version, lifted step by step. Raises UnknownType for a future or foreign type."""
    name, _, version = envelope.type.rpartition(".v")
    event_type = (names or _by_name).get(name)
    if event_type is None or not version.isdigit() or int(version) >= event_type.version:
        raise UnknownType(f"{envelope.type} is not known here")
    data: Data = msgspec.json.decode(envelope.data)
    for step in range(int(version), event_type.version):
        data = event_type.upcasters[step](data)
    return msgspec.convert(data, event_type.struct)
