"""What the notifier says: who listens, what they were told, whether it arrived. No address of a person is ever in it."""

from datetime import date
from typing import Literal

from events.contracts.envelope import Moment
from events.contracts.parts import Availability, Fact, MunicipalityRef, ServiceRef, SolutionRef

AlertReason = Literal[
    "lacks-service",
    "declared-need",
    "filter",
    "uses-solution",
    "open-now",
]
"""Why one is told: one lacks a service it covers; one declared a need; a filter matches; one uses the solution whose
terms changed or end; a new subscriber's summary of what is open now."""

ChannelKind = Literal["webhook", "email", "feed"]


class Cause(Fact):
    """The event that caused an alert: enough to find it in its feed."""

    id: str
    source: str
    type: str
    subject: str
    sequence: str
    time: Moment


class AlertRaised(Fact):
    """One thing said to one municipality or filter, once. `services` are those it is about, of which one lacks each."""

    alert: str
    reason: AlertReason
    municipality: MunicipalityRef | None
    services: tuple[ServiceRef, ...]
    solution: SolutionRef | None
    availability: Availability | None
    about: Cause
    title: dict[str, str]
    """One sentence by language: `{"de": …, "en": …}`."""
    solutions: tuple[SolutionRef, ...] | None = None
    """All of them, where one alert sums up several (`open-now`)."""
    demonstration: bool | None = None
    """True where what is said rests on demonstration data."""


class AlertDelivered(Fact):
    """It arrived at a channel of a subscription."""

    alert: str
    subscription: str
    channel: ChannelKind
    attempts: int


class AlertGivenUp(Fact):
    """It could not be delivered; `reason` is technical and names no address."""

    alert: str
    subscription: str
    channel: ChannelKind
    attempts: int
    reason: str


class Filter(Fact):
    """What a subscription wants to hear; empty lists mean everything."""

    services: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class SubscriptionOpened(Fact):
    """Somebody listens from now on."""

    subscription: str
    channel: ChannelKind
    municipality: MunicipalityRef | None
    filter: Filter
    mode: Literal["instant", "digest"]


class SubscriptionConfirmed(Fact):
    """The receiver agreed (double opt-in)."""

    subscription: str
    confirmed_on: date


class SubscriptionDisabled(Fact):
    """For days nothing arrived there, so nothing is sent any more until somebody reactivates it. It stands in the inbox as well."""

    subscription: str
    municipality: MunicipalityRef | None
    failing_since: Moment
    title: dict[str, str]
    """One sentence by language, as in an alert: what happened, and how to switch it on again."""


class SubscriptionReactivated(Fact):
    """It is sent to again. What was said meanwhile is not sent, but what is open now."""

    subscription: str


class SubscriptionClosed(Fact):
    """Nobody listens any more; `why` is `by-owner`, `gone` (410) or `given-up`."""

    subscription: str
    why: Literal["by-owner", "gone", "given-up"]
