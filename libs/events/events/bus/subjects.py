"""What an event is about (the CloudEvents `subject`) and where it travels (the NATS subject).

A NATS subject has a fixed number of tokens, general to specific: `ozg.<speaker>.<noun>.<verb>.<country>.<part>.<id>`, `_` where
a part does not exist, so that a Land (`ozg.catalog.>.DE.SN.>` by tokens) or one town can be listened to. There is no subject
per municipality and service: there may be 65 million of them.
"""

from events.contracts import catalog, notifier, parts, progress
from events.contracts.keys import bare
from events.contracts.parts import Fact
from events.contracts.registry import type_of


def about(data: Fact) -> str:
    """Name it: `ars:147130000000/leika:99115005060000`, `solution:postausgang-sachsen`, `bundle:10119`."""
    match data:
        case catalog.StatusRecorded() | catalog.StatusRetracted() | catalog.StatusConfirmed():  # by far the most
            return f"{data.municipality.id}/{data.service.key}"
        case notifier.AlertRaised() | notifier.AlertDelivered() | notifier.AlertGivenUp():
            return f"alert:{data.alert}"
        case (
            notifier.SubscriptionOpened()
            | notifier.SubscriptionConfirmed()
            | notifier.SubscriptionDisabled()
            | notifier.SubscriptionReactivated()
            | notifier.SubscriptionClosed()
        ):
            return f"subscription:{data.subscription}"
        case progress.MilestoneReached():
            return data.about
        case progress.ServiceOnlineEverywhere():
            return f"{data.region}/{data.service.key}"
    solution = getattr(data, "solution", None)
    if isinstance(solution, parts.Solution):
        return f"solution:{solution.slug}"
    bundle = getattr(data, "bundle", None)
    if isinstance(bundle, parts.BundleRef):
        return f"bundle:{bundle.id}"
    municipality = getattr(data, "municipality", None)
    service = getattr(data, "service", None)
    said: list[str] = []
    if isinstance(municipality, parts.MunicipalityRef):
        said.append(municipality.id)
    if isinstance(service, parts.ServiceRef):
        said.append(service.key)
    return "/".join(said)


def topic(data: Fact) -> str:
    """The NATS subject: `ozg.catalog.status.recorded.DE.SN.147130000000`."""
    event_type = type_of(data)
    region, identity = _place(data)
    country, _, part = region.partition("-")
    return f"ozg.{event_type.speaker}.{event_type.noun}.{event_type.verb}.{country or '_'}.{part or '_'}.{identity}"


def _place(data: Fact) -> tuple[str, str]:
    """The region (may be empty) and the most telling identity of what the event is about."""
    municipality = getattr(data, "municipality", None)
    if isinstance(municipality, parts.MunicipalityRef):
        return municipality.region, bare(municipality.id)
    availability = getattr(data, "availability", None)
    region = availability.region if isinstance(availability, parts.Availability) else getattr(data, "region", "")
    solution = getattr(data, "solution", None)
    if isinstance(solution, parts.Solution | parts.SolutionRef):
        return region, solution.slug
    return region or getattr(data, "country", ""), bare(about(data).rpartition("/")[2]).removeprefix("bundle:")
