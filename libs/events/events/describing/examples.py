"""One example of every event, with names that could be true. They are shown in the papers and freeze the wire form."""

from datetime import UTC, date, datetime
from typing import Final

from events.bus.subjects import about
from events.contracts import catalog as c
from events.contracts import envelope, parts
from events.contracts import notifier as n
from events.contracts import progress as p
from events.contracts.parts import Fact
from events.contracts.registry import EventType

LEIPZIG: Final = parts.MunicipalityRef(
    id="ars:147130000000", name="Leipzig", levels=("commune", "district"), region="DE-SN"
)
MARKKLEEBERG: Final = parts.MunicipalityRef(
    id="ars:147290250250", name="Markkleeberg", levels=("commune",), region="DE-SN"
)
LICENCE: Final = parts.ServiceRef(key="leika:99108008060000", title="Führerschein, Umtausch")
OUTBOX: Final = parts.ServiceRef(key="basis:postausgang", title="Digitaler Postausgang")
BUNDLE: Final = parts.BundleRef(id="10110", title="Führerschein")
REFERENCE: Final = parts.Basis(kind="reference-data", url="https://fimportal.de", as_of=date(2026, 10, 1))
DAY: Final = date(2026, 11, 1)
PLANNED: Final = parts.Status(phase="in_implementation", expected_live_on=DAY)
ONLINE: Final = parts.Status(
    phase="live",
    maturity=parts.Maturity(model="ozg-1.1", level=3, assessed_on=DAY),
    online_url="https://www.leipzig.de/fuehrerschein",
    solution="fuehrerschein-digital",
)
SOLUTION: Final = parts.Solution(
    slug="postausgang-sachsen",
    name="Postausgang Sachsen",
    kind="saas",
    efa=True,
    services=(OUTBOX,),
    publisher=parts.PublisherRef(id=LEIPZIG.id, name=LEIPZIG.name),
    description="Bescheide digital zustellen, auf Papier nur noch auf Wunsch.",
    licence="EUPL-1.2",
    exit="Alle Sendungen als ZIP mit XJustiz-Metadaten.",
)
SOLUTION_REF: Final = parts.SolutionRef(slug=SOLUTION.slug, name=SOLUTION.name)
OPEN: Final = parts.Availability(
    region="DE-SN",
    from_=DAY,
    until=None,
    members=None,
    terms=parts.Terms(
        contract="FIT-Store",
        offered_by="Sächsische Anstalt für kommunale Datenverarbeitung",
        cost_per_year=parts.Amount(from_=1200, to=9800),
        preconditions=("OZG-Cloud",),
        notice_months=6,
    ),
)
ALERT: Final = "01936c5e-7a10-7c4e-8b1f-3d2a9c55f001"
SUBSCRIPTION: Final = "01936c5e-0b11-7f6a-9d3e-6a1f4e7b8002"
CAUSE: Final = n.Cause(
    id="01936c5d-5a4f-7d21-b3c4-8e9f10a2b003",
    source="//ozg.example/catalog",
    type="ozg.catalog.solution-became-available.v1",
    subject=f"solution:{SOLUTION.slug}",
    sequence=envelope.sequence(4711),
    time=datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
)

_SERVICE = {
    "service": LICENCE,
    "kind": "service",
    "country": "DE",
    "level": "commune",
    "theme": "mobilitaet_reisen",
    "bundle": BUNDLE.id,
    "countable": True,
    "audience": "citizens",
    "provisional": False,
    "basis": REFERENCE,
    "translations": {"en": {"title": "Driving licence, exchange"}},
}
_BUNDLE = {"bundle": BUNDLE, "theme": "mobilitaet_reisen", "services": (LICENCE.key,), "basis": REFERENCE}
_RESPONSIBLE = {
    "municipality": LEIPZIG,
    "service": LICENCE,
    "serves": parts.Serves(members=(MARKKLEEBERG,)),
    "effective_on": DAY,
}

EXAMPLES: Final[tuple[Fact, ...]] = (
    c.ServiceListed(**_SERVICE),  # type: ignore[arg-type]  # fields of several types in one dictionary
    c.ServiceRevised(**_SERVICE),  # type: ignore[arg-type]  # fields of several types in one dictionary
    c.ServiceWithdrawn(service=LICENCE, effective_on=DAY, successor=None, basis=REFERENCE),
    c.BundleListed(**_BUNDLE),  # type: ignore[arg-type]  # fields of several types in one dictionary
    c.BundleRevised(**_BUNDLE),  # type: ignore[arg-type]  # fields of several types in one dictionary
    c.MunicipalityRegistered(
        municipality=LEIPZIG,
        kind="Kreisfreie Stadt",
        parents=("ars:140000000000",),
        inhabitants=619_879,
        inhabitants_on=date(2025, 12, 31),
        location=parts.Location(latitude=51.34, longitude=12.37),
        postcode="04109",
        basis=REFERENCE,
    ),
    c.MunicipalityRenamed(
        municipality=MARKKLEEBERG, previous_name="Oetzsch-Markkleeberg", effective_on=DAY, basis=REFERENCE
    ),
    c.MunicipalityRekeyed(
        municipality=MARKKLEEBERG, key="147290250250", previous_key="147290250251", effective_on=DAY, basis=REFERENCE
    ),
    c.MunicipalityMoved(
        municipality=MARKKLEEBERG,
        parents=("ars:147290000000", "ars:140000000000"),
        previous_parents=("ars:140000000000",),
        effective_on=DAY,
        basis=REFERENCE,
    ),
    c.MunicipalityCounted(
        municipality=LEIPZIG, inhabitants=619_879, inhabitants_on=date(2025, 12, 31), basis=REFERENCE
    ),
    c.MunicipalityMerged(municipality=MARKKLEEBERG, successor=LEIPZIG, effective_on=DAY, basis=REFERENCE),
    c.MunicipalityDissolved(municipality=MARKKLEEBERG, effective_on=DAY, basis=REFERENCE),
    c.ResponsibilityAssigned(**_RESPONSIBLE, legal_basis="Zweckvereinbarung vom 1. Juli 2026"),  # type: ignore[arg-type]  # fields of several types in one dictionary
    c.ResponsibilityEnded(**_RESPONSIBLE),  # type: ignore[arg-type]  # fields of several types in one dictionary
    c.DelegationGranted(
        municipality=MARKKLEEBERG, delegate=LEIPZIG, granted_on=DAY, legal_basis="Zweckvereinbarung vom 1. Juli 2026"
    ),
    c.DelegationEnded(municipality=MARKKLEEBERG, delegate=LEIPZIG, ended_on=DAY),
    c.StatusRecorded(
        municipality=LEIPZIG,
        service=LICENCE,
        effective_on=DAY,
        until=None,
        state=ONLINE,
        replaced=PLANNED,
        recorded_on=date(2026, 11, 2),
    ),
    c.StatusRetracted(
        municipality=LEIPZIG,
        service=LICENCE,
        effective_on=DAY,
        until=None,
        state=PLANNED,
        replaced=ONLINE,
        recorded_on=date(2026, 11, 3),
    ),
    c.StatusConfirmed(
        municipality=LEIPZIG, service=LICENCE, confirmed_on=date(2026, 11, 20), state=ONLINE, effective_on=DAY
    ),
    c.SolutionPublished(solution=SOLUTION),
    c.SolutionRevised(solution=SOLUTION, added=(OUTBOX,), removed=()),
    c.SolutionWithdrawn(solution=SOLUTION),
    c.SolutionBecameAvailable(solution=SOLUTION, availability=OPEN),
    c.SolutionTermsChanged(solution=SOLUTION, availability=OPEN, replaced=OPEN),
    c.SolutionBecameUnavailable(solution=SOLUTION, availability=OPEN, effective_on=date(2027, 6, 30)),
    p.MilestoneReached(
        about="ars:147130000000",
        municipality=LEIPZIG,
        region="DE-SN",
        figure="online",
        definition="online@1",
        threshold=0.5,
        reached_on=DAY,
    ),
    p.ServiceOnlineEverywhere(service=LICENCE, region="DE-SN", municipalities=13, reached_on=DAY),
    n.SubscriptionOpened(
        subscription=SUBSCRIPTION,
        channel="webhook",
        municipality=LEIPZIG,
        filter=n.Filter(themes=("mobilitaet_reisen",)),
        mode="instant",
    ),
    n.SubscriptionConfirmed(subscription=SUBSCRIPTION, confirmed_on=DAY),
    n.SubscriptionDisabled(
        subscription=SUBSCRIPTION,
        municipality=LEIPZIG,
        failing_since=datetime(2026, 10, 28, 9, 30, tzinfo=UTC),
        title={
            "de": "Ihr Webhook ist abgeschaltet, weil dort seit dem 28.10.2026 nichts mehr ankommt.",
            "en": "Your webhook is switched off, because nothing has arrived there since 28 October 2026.",
        },
    ),
    n.SubscriptionReactivated(subscription=SUBSCRIPTION),
    n.SubscriptionClosed(subscription=SUBSCRIPTION, why="by-owner"),
    n.AlertRaised(
        alert=ALERT,
        reason="lacks-service",
        municipality=LEIPZIG,
        services=(OUTBOX,),
        solution=SOLUTION_REF,
        availability=OPEN,
        about=CAUSE,
        title={"de": "Postausgang Sachsen ist jetzt nachnutzbar", "en": "Postausgang Sachsen can be reused now"},
    ),
    n.AlertDelivered(alert=ALERT, subscription=SUBSCRIPTION, channel="webhook", attempts=1),
    n.AlertGivenUp(alert=ALERT, subscription=SUBSCRIPTION, channel="webhook", attempts=8, reason="timeout"),
)

_by_struct = {type(example): example for example in EXAMPLES}


def example_of(event_type: EventType) -> Fact:
    """What such an event may carry."""
    return _by_struct[event_type.struct]


def document_of(event_type: EventType) -> bytes:
    """The whole event in its wire form."""
    data = example_of(event_type)
    return envelope.encode(
        id="01936c5d-5a4f-7d21-b3c4-8e9f10a2b003",
        source=f"//ozg.example/{event_type.speaker}",
        type=event_type.wire,
        dataschema=event_type.dataschema,
        subject=about(data),
        time=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        position=4711,
        actor="ars:147130000000/editor/x7Qm2vPa",
        correlationid="01936c5d-5a00-7111-8222-933344445555",
        traceparent=None,
        data=data,
    )
