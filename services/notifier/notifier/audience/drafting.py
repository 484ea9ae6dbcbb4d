"""From who is to hear to what they are told."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from events.contracts import envelope
from events.contracts.notifier import AlertRaised, AlertReason, Cause
from events.contracts.parts import Availability, MunicipalityRef, ServiceRef, Solution, SolutionRef
from events.following import Heard
from events.log.connect import Connection
from notifier.audience import services, solutions
from notifier.audience.lacking import Hearer
from notifier.audience.raising import Draft
from notifier.audience.services import Known
from notifier.audience.using import User
from notifier.domain import wording
from notifier.domain.wanting import Topic
from notifier.domain.wording import Title


class About(NamedTuple):
    """The event that is the reason, and its name for filters."""

    cause: Cause
    event: str
    today: date


def cause(heard: Heard) -> Cause:
    """Enough of the event to find it in its feed."""
    return Cause(
        id=heard.id,
        source=heard.source,
        type=heard.type,
        subject=heard.subject,
        sequence=envelope.sequence(heard.position),
        time=heard.time,
    )


async def for_lacking(connection: Connection, about: About, hearers: Sequence[Hearer]) -> list[Draft]:
    """One alert for each municipality and solution. Thousands hear the same, so each sentence is made once."""
    if not hearers:
        return []
    found = await solutions.find(connection, {(one.slug, one.open_in) for one in hearers})
    known = await services.known(connection, {service for one in hearers for service in one.services})

    @cache
    def said(slug: str, open_in: str, numbers: tuple[int, ...], region: str) -> tuple[AlertRaised, Topic]:
        solution, availability = found[slug, open_in]
        covered = _sorted(known, numbers)
        title = wording.lacks(solution, _refs(covered), availability, about.today)
        fact = _fact("lacks-service", about, None, covered, solution, availability, title)
        return fact, _topic(about, region, covered)

    drafts = []
    for one in hearers:
        fact, topic = said(one.slug, one.open_in, one.services, one.municipality.region)
        drafts.append(Draft(fact, topic, one.authority_id, one.municipality, one.later))
    return drafts


async def for_users(
    connection: Connection,
    about: About,
    users: Sequence[User],
    solution: Solution,
    availability: Availability | None,
    ended_on: date | None,
) -> list[Draft]:
    """Changed terms (an availability, no end), the end in one region (both), or everywhere (neither)."""
    known = await services.known(connection, {service for one in users for service in one.services})
    drafts = []
    for one in users:
        used = _sorted(known, one.services)
        if availability is None:
            title = wording.withdrawn(solution, _refs(used))
        elif ended_on is None:
            title = wording.terms_changed(solution, _refs(used), availability)
        else:
            title = wording.ended(solution, _refs(used), availability.region, ended_on)
        fact = _fact("uses-solution", about, one.municipality, used, solution, availability, title)
        topic = _topic(about, one.municipality.region, used)
        drafts.append(Draft(fact, topic, one.authority_id, one.municipality))
    return drafts


def _fact(
    reason: AlertReason,
    about: About,
    municipality: MunicipalityRef | None,
    covered: Sequence[Known],
    solution: Solution,
    availability: Availability | None,
    title: Title,
) -> AlertRaised:
    demonstration = solution.basis.kind == "demonstration"
    return AlertRaised(
        alert="",
        reason=reason,
        municipality=municipality,
        services=_refs(covered),
        solution=SolutionRef(slug=solution.slug, name=solution.name),
        availability=availability,
        about=about.cause,
        title=wording.demonstration(title) if demonstration else title,
        demonstration=demonstration or None,
    )


def _topic(about: About, region: str, covered: Sequence[Known]) -> Topic:
    return Topic(
        event=about.event,
        services=frozenset(one.ref.key for one in covered),
        themes=frozenset(one.theme for one in covered),
        regions=frozenset({region}),
    )


def _sorted(known: dict[int, Known], ids: Collection[int]) -> list[Known]:
    return sorted((known[id_] for id_ in ids), key=lambda one: (one.ref.title, one.ref.key))


def _refs(covered: Sequence[Known]) -> tuple[ServiceRef, ...]:
    return tuple(one.ref for one in covered)
