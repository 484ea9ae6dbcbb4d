"""What the catalog says in these tests, as the notifier's follower hears it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from events.bus.subjects import about
from events.contracts import catalog as c
from events.contracts import parts
from events.contracts.parts import Fact
from events.contracts.registry import type_of
from events.contracts.words import AuthorityLevel, BasisKind, Phase, ServiceLevel
from events.following import Heard
from notifier.audience.hearing import Hearing

NOW: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY: Final = NOW.date()
SOURCE: Final = "//test/catalog"


class Told:
    """One catalog's log, told to one notifier event by event."""

    def __init__(self, engine: AsyncEngine, hearing: Hearing) -> None:
        self._engine = engine
        self._hearing = hearing
        self.position = 0
        self.now = NOW

    async def __call__(self, *facts: Fact, correlation_id: str | None = None) -> list[Heard]:
        """All in one batch, that is in one transaction."""
        heard = [self.heard(fact, correlation_id) for fact in facts]
        async with self._engine.begin() as connection:
            await self._hearing.apply(connection, heard)
        return heard

    def later(self, days: int) -> None:
        """What is told from now on is told so much later."""
        self.now += timedelta(days=days)

    def heard(self, fact: Fact, correlation_id: str | None = None) -> Heard:
        self.position += 1
        return Heard(
            position=self.position,
            id=str(UUID(int=self.position)),
            source=SOURCE,
            type=type_of(fact).wire,
            subject=about(fact),
            time=self.now,
            actor="test/operator/1",
            correlationid=correlation_id,
            data=fact,
        )


def town(
    key: str, name: str, region: str = "DE-SN", levels: Sequence[AuthorityLevel] = ("commune",)
) -> parts.MunicipalityRef:
    return parts.MunicipalityRef(id=key, name=name, levels=tuple(levels), region=region)


CHEMNITZ: Final = town("ars:145110000000", "Chemnitz", levels=("commune", "district"))
LEIPZIG: Final = town("ars:147130000000", "Leipzig", levels=("commune", "district"))
FLENSBURG: Final = town("ars:010010000000", "Flensburg", "DE-SH")
ASSOCIATION: Final = town("ars:145225100000", "Verwaltungsverband", levels=("association",))

OUTBOX: Final = parts.ServiceRef(key="basis:postausgang", title="Digitaler Postausgang")
REGISTRATION: Final = parts.ServiceRef(key="leika:99115005060000", title="Anmeldung Wohnsitz")
LICENCE: Final = parts.ServiceRef(key="leika:99108004012000", title="Fahrerlaubnis Umtausch")


def registered(ref: parts.MunicipalityRef, parents: Sequence[str] = ()) -> c.MunicipalityRegistered:
    return c.MunicipalityRegistered(
        municipality=ref,
        kind="Stadt",
        parents=tuple(parents),
        inhabitants=None,
        inhabitants_on=None,
        location=None,
        postcode=None,
        basis=parts.Basis(kind="reference-data"),
    )


def listed(ref: parts.ServiceRef, level: ServiceLevel = "commune") -> c.ServiceListed:
    component = ref.key.startswith("basis:")
    return c.ServiceListed(
        service=ref,
        kind="component" if component else "service",
        country="DE",
        level="internal" if component else level,
        theme="querschnittsleistungen" if component else "ein_auswanderung",
        bundle=None,
        countable=not component,
        audience=None,
        provisional=True,
        basis=parts.Basis(kind="reference-data"),
    )


def solution(slug: str, *services: parts.ServiceRef, basis: BasisKind = "self") -> parts.Solution:
    return parts.Solution(
        slug=slug,
        name=slug.title(),
        kind="saas",
        efa=False,
        services=services,
        publisher=parts.PublisherRef(id="org:verein", name="Verein"),
        basis=parts.Basis(kind=basis),
    )


def availability(
    region: str,
    *,
    members: Sequence[parts.MunicipalityRef] | None = None,
    from_: date = TODAY,
    until: date | None = None,
) -> parts.Availability:
    terms = parts.Terms(order_url="https://example.org/terms")
    return parts.Availability(
        region=region, from_=from_, until=until, members=None if members is None else tuple(members), terms=terms
    )


def terms_of(region: str) -> parts.Availability:
    """Open there, with something said of the contract."""
    terms = parts.Terms(order_url="https://example.org/terms", contract="Beitritt")
    return parts.Availability(region=region, from_=TODAY, until=None, members=None, terms=terms)


def opened(what: parts.Solution, where: parts.Availability | str) -> c.SolutionBecameAvailable:
    return c.SolutionBecameAvailable(
        solution=what, availability=availability(where) if isinstance(where, str) else where
    )


def closed(what: parts.Solution, where: str, on: date = TODAY) -> c.SolutionBecameUnavailable:
    return c.SolutionBecameUnavailable(solution=what, availability=availability(where), effective_on=on)


def status(
    ref: parts.MunicipalityRef,
    service: parts.ServiceRef,
    phase: Phase,
    *,
    level: int | None = None,
    solution: str | None = None,
    until: date | None = None,
    correction: bool = False,
) -> c.StatusRecorded:
    state = parts.Status(
        phase=phase,
        maturity=None if level is None else parts.Maturity(model="ozg-1.1", level=level),
        solution=solution,
        reason="no_case" if phase == "not_applicable" else None,
    )
    return c.StatusRecorded(
        municipality=ref,
        service=service,
        effective_on=TODAY - timedelta(days=30),
        until=until,
        state=state,
        replaced=None,
        recorded_on=TODAY,
        correction=correction,
    )


def assigned(
    ref: parts.MunicipalityRef,
    service: parts.ServiceRef,
    *,
    region: str | None = None,
    members: Sequence[parts.MunicipalityRef] | None = None,
) -> c.ResponsibilityAssigned:
    return c.ResponsibilityAssigned(
        municipality=ref,
        service=service,
        serves=parts.Serves(region=region, members=None if members is None else tuple(members)),
        effective_on=TODAY,
        legal_basis=None,
    )


def assignment_ended(said: c.ResponsibilityAssigned) -> c.ResponsibilityEnded:
    return c.ResponsibilityEnded(
        municipality=said.municipality, service=said.service, serves=said.serves, effective_on=TODAY
    )
