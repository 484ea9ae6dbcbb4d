"""What towns say: a first sheet each, then changes, day by day, by the one rule of statuses. The same for the same size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from events.contracts import catalog as said
from events.contracts.parts import Basis, Maturity, MunicipalityRef, ServiceRef, Status
from events.contracts.words import Phase, responsible_by_default

FIRST, DAYS = date(2025, 1, 2), 680
ON_A_FIRST_SHEET = (60, 160)
CHANGES_AT_ONCE = 40
FIRST_SHEETS, CORRECTIONS = 0.35, 0.05
"""How often a town's first sheet comes next instead of changes here and there: six of ten statuses are on first sheets."""
_PHASES: Sequence[Phase] = (
    *("not_started", "not_started", "planned", "planned", "in_preparation", "in_implementation", "pilot"),
    *("live", "live", "live", "live", "live", "deferred", "not_applicable"),
)
_SOLUTIONS = [f"solution-{number}" for number in range(40)]

Cell = tuple[str, str]


class Listed(NamedTuple):
    """Who is there and what they are asked for."""

    towns: Sequence[MunicipalityRef]
    services: Mapping[str, Sequence[ServiceRef]]
    """Per town those that are its own by default."""


class Told(NamedTuple):
    """A fact and when it was said."""

    time: datetime
    version: int
    data: said.StatusRecorded


def listed(facts: Iterable[object]) -> Listed:
    """From what a catalogue says of itself."""
    towns: list[MunicipalityRef] = []
    services: dict[str, said.ServiceListed] = {}
    for fact in facts:
        if isinstance(fact, said.MunicipalityRegistered):
            towns.append(fact.municipality)
        elif isinstance(fact, said.ServiceListed) and fact.countable and fact.country == "DE":
            services[fact.service.key] = fact
    own: dict[tuple[str, ...], list[ServiceRef]] = {}
    for town in towns:
        if town.levels not in own:
            own[town.levels] = [
                one.service for one in services.values() if responsible_by_default(town.levels, one.level)
            ]
    able = [town for town in towns if own[town.levels]]
    return Listed(able, {town.id: own[town.levels] for town in able})


def statuses(known: Listed, count: int, seed: int = 7) -> Iterator[Told]:
    """So many recordings."""
    random = Random(seed)
    waiting = list(known.towns)
    random.shuffle(waiting)
    timelines: dict[Cell, dict[date, Status]] = {}
    versions: dict[Cell, int] = {}
    cells: list[tuple[MunicipalityRef, ServiceRef]] = []
    made = 0

    def record(town: MunicipalityRef, service: ServiceRef, effective_on: date, moment: datetime) -> Told:
        timeline = timelines.setdefault((town.id, service.key), {})
        version = versions[town.id, service.key] = versions.get((town.id, service.key), 0) + 1
        state = _state(random, effective_on)
        fact = said.StatusRecorded(
            municipality=town,
            service=service,
            effective_on=effective_on,
            until=min((day for day in timeline if day > effective_on), default=None),
            state=state,
            replaced=timeline.get(max((day for day in timeline if day <= effective_on), default=date.min)),
            recorded_on=moment.date(),
            correction=effective_on in timeline,
        )
        timeline[effective_on] = state
        return Told(moment, version, fact)

    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        goal = count * (number + 1) // DAYS
        moment = datetime.combine(day, time(8), UTC)
        while made < goal:
            moment += timedelta(milliseconds=20)
            if waiting and (not cells or random.random() < FIRST_SHEETS):
                town = waiting.pop()
                own = known.services[town.id]
                for service in random.sample(own, min(len(own), random.randint(*ON_A_FIRST_SHEET), goal - made)):
                    cells.append((town, service))
                    yield record(town, service, day - timedelta(days=int(random.expovariate(1 / 200))), moment)
                    made += 1
            else:
                for _ in range(min(goal - made, CHANGES_AT_ONCE)):
                    town, service = random.choice(cells)
                    kept = timelines[town.id, service.key]
                    since = day - timedelta(days=random.randint(0, 30))
                    yield record(town, service, max(kept) if random.random() < CORRECTIONS else since, moment)
                    made += 1


def _state(random: Random, day: date) -> Status:
    phase = random.choice(_PHASES)
    basis = Basis(kind="self")
    if phase == "live":
        return Status(
            phase=phase,
            maturity=Maturity(model="ozg-1.1", level=random.randint(1, 4)) if random.random() < 0.9 else None,
            online_url="https://service.example/online",
            solution=random.choice(_SOLUTIONS) if random.random() < 0.4 else None,
            basis=basis,
        )
    if phase == "not_applicable":
        return Status(phase=phase, reason="no_case", basis=basis)
    return Status(phase=phase, expected_live_on=day + timedelta(days=365) if phase == "planned" else None, basis=basis)
