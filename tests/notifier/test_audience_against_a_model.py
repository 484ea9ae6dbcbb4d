"""Random small worlds: the audience in SQL and the plainest possible one say the same, whatever the batches."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.contracts import catalog as c
from events.contracts import envelope, parts, registry
from events.contracts.notifier import AlertRaised
from events.contracts.parts import Fact
from notifier.audience.hearing import Hearing
from notifier.audience.raising import Desk
from tests.notifier.naive import Model, Said
from tests.notifier.telling import (
    ASSOCIATION,
    CHEMNITZ,
    FLENSBURG,
    LEIPZIG,
    LICENCE,
    OUTBOX,
    REGISTRATION,
    TODAY,
    Told,
    assigned,
    availability,
    closed,
    listed,
    opened,
    registered,
    solution,
    status,
)

TOWNS = (CHEMNITZ, LEIPZIG, FLENSBURG, ASSOCIATION)
SERVICES = (OUTBOX, REGISTRATION, LICENCE)
SLUGS = ("eins", "zwei")
REGIONS = ("DE-SN", "DE-SH", "DE")

towns = st.sampled_from(TOWNS)
services = st.sampled_from(SERVICES)
slugs = st.sampled_from(SLUGS)
regions = st.sampled_from(REGIONS)
some_towns = st.lists(towns, min_size=1, max_size=3, unique=True)
phases = st.sampled_from(
    ["planned", "in_implementation", "pilot", "live", "suspended", "deferred", "ended", "not_applicable"]
)

ops = st.one_of(
    st.tuples(
        st.just("status"), towns, services, phases, st.sampled_from([None, 1, 3]), st.sampled_from([None, *SLUGS])
    ),
    st.tuples(st.just("retract"), towns, services),
    st.tuples(st.just("assign"), towns, services, st.one_of(regions, some_towns)),
    st.tuples(st.just("end"), towns, services),
    st.tuples(st.just("open"), slugs, regions, st.one_of(st.none(), some_towns)),
    st.tuples(st.just("open"), slugs, regions, st.none()),
    st.tuples(st.just("close"), slugs, regions),
    st.tuples(st.just("add"), slugs, services),
    st.tuples(st.just("withdraw"), slugs),
    st.tuples(st.just("dissolve"), towns),
    st.tuples(st.just("wait"), st.sampled_from([1, 100, 181])),
    st.tuples(st.just("batch")),
)


class World:
    """Turns what Hypothesis thinks of into facts that a catalog could say."""

    def __init__(self) -> None:
        self.solutions = {slug: solution(slug, OUTBOX) for slug in SLUGS}
        self.open: dict[tuple[str, str], parts.Availability] = {}
        self.assigned: dict[tuple[str, str], c.ResponsibilityAssigned] = {}
        self.withdrawn: set[str] = set()

    def facts(self, op: tuple[Any, ...]) -> Iterator[Fact]:
        match op:
            case ("status", town, service, phase, level, slug):
                yield status(town, service, phase, level=level, solution=slug)
            case ("retract", town, service):
                recorded = status(town, service, "planned")
                yield c.StatusRetracted(
                    municipality=town,
                    service=service,
                    effective_on=recorded.effective_on,
                    until=None,
                    state=None,
                    replaced=recorded.state,
                    recorded_on=TODAY,
                )
            case ("assign", town, service, whom):
                region, members = (whom, None) if isinstance(whom, str) else (None, whom)
                self.assigned[town.id, service.key] = said = assigned(town, service, region=region, members=members)
                yield said
            case ("end", town, service) if (town.id, service.key) in self.assigned:
                was = self.assigned.pop((town.id, service.key))
                yield c.ResponsibilityEnded(municipality=town, service=service, serves=was.serves, effective_on=TODAY)
            case ("dissolve", town):
                yield c.MunicipalityDissolved(municipality=town, effective_on=TODAY, basis=parts.SELF)
            case (_, slug, *_) if slug in SLUGS and slug not in self.withdrawn:
                yield from self._of_solution(op, self.solutions[slug])

    def _of_solution(self, op: tuple[Any, ...], what: parts.Solution) -> Iterator[Fact]:
        match op:
            case ("open", slug, region, members) if (slug, region) not in self.open:
                self.open[slug, region] = where = availability(region, members=members)
                yield opened(what, where)
            case ("close", slug, region) if (slug, region) in self.open:
                del self.open[slug, region]
                yield closed(what, region)
            case ("add", slug, service) if service not in what.services:
                self.solutions[slug] = more = msgspec.structs.replace(what, services=(*what.services, service))
                yield c.SolutionRevised(solution=more, added=(service,), removed=())
            case ("withdraw", slug):
                self.withdrawn.add(slug)
                yield c.SolutionWithdrawn(solution=what)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(ops, min_size=5, max_size=40))
async def test_the_audience_is_who_a_plain_model_says(
    engine: AsyncEngine, desk: Desk, story: list[tuple[Any, ...]]
) -> None:
    hearing = Hearing(desk)
    model, world, told = Model(), World(), Told(engine, hearing)
    expected: list[tuple[int, Said]] = []
    batch: list[Any] = []

    def hear(fact: Fact) -> None:
        batch.append(told.heard(fact))
        expected.extend((told.position, said) for said in model.hear(fact, told.now.date()))

    async with engine.connect() as connection:
        for fact in (*map(registered, TOWNS), *(listed(one) for one in SERVICES)):
            hear(fact)
        await hearing.apply(connection, batch)
        batch.clear()
        await connection.exec_driver_sql(_EVERY_TOWN_LISTENS)
        for op in story:
            if op[0] == "wait":
                told.now += timedelta(days=op[1])
            elif op[0] == "batch":
                await hearing.apply(connection, batch)
                batch.clear()
            for fact in world.facts(op):
                hear(fact)
        await hearing.apply(connection, batch)
        said = await _raised(connection)
        await connection.rollback()
    assert Counter(said) == Counter(expected)


_EVERY_TOWN_LISTENS = """
INSERT INTO subscriptions (id, owner, channel, url, endpoint, secret, authority_id, services, themes, regions,
    within_regions, events, mode, opened_at)
SELECT uuidv7(), key, 'webhook', '', '', '', id, '{}', '{}', '{}', '{}', '{}', 'instant', now() FROM authorities
"""
_RAISED = """
SELECT e.document, d.digest_on IS NOT NULL FROM events e JOIN deliveries d ON e.position = ANY(d.alerts) ORDER BY e.position
"""


async def _raised(connection: AsyncConnection) -> list[tuple[int, Said]]:
    raised = []
    rows: list[Any] = list(await connection.exec_driver_sql(_RAISED))
    for document, later in rows:
        fact = registry.decode(envelope.decode(document))
        assert isinstance(fact, AlertRaised)
        assert fact.municipality is not None
        assert fact.solution is not None
        services = tuple(sorted(service.key for service in fact.services))
        one = Said(fact.reason, fact.municipality.id, fact.solution.slug, services, later)
        raised.append((int(fact.about.sequence), one))
    return raised
