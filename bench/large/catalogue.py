"""Who is there and what they are asked for, as facts in the order in which they are said."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, NamedTuple, get_args

from catalog.reference import facts as reference
from events.contracts import catalog as said
from events.contracts.parts import (
    Availability,
    Basis,
    BundleRef,
    Fact,
    MunicipalityRef,
    PublisherRef,
    Serves,
    ServiceRef,
    Solution,
    Terms,
)
from events.contracts.words import ServiceLevel, Theme
from events.deciding import Key

SERVICES: Final = 6_000
SOLUTIONS: Final = 200
ASSIGNED, ASSIGNED_BY_LAND = 300, 16
MUNICIPALITIES: Final = 10_751
DAYS: Final = tuple(
    date(2023 + (month + 11) // 12, (month + 11) % 12 + 1, day) for month in range(36) for day in (1, 15)
)
"""December 2023 to November 2026."""
FEDERATION: Final = MunicipalityRef(id="ars:000000000000", name="Bund", levels=("national",), region="DE")
GIVEN: Final = Basis(kind="reference-data")
_BEGINNING: Final = datetime(2023, 11, 2, 8, tzinfo=UTC)
_THEMES: Final[Sequence[Theme]] = get_args(Theme)
_LEVELS: Final[Mapping[range, ServiceLevel]] = {
    range(80): "commune",
    range(80, 90): "district",
    range(90, 96): "state",
    range(96, 99): "federal",
    range(99, 100): "internal",
}


class Told(NamedTuple):
    """A fact, about what, and when it was said."""

    time: datetime
    key: Key
    data: Fact


def told() -> Iterator[Told]:
    """The whole catalogue."""
    yield from (_at_first("bundle", str(fact.bundle.id), fact) for fact in bundles())
    yield from (_at_first("service", fact.service.key, fact) for fact in services())
    there = list(authorities())
    yield from (_at_first("municipality", fact.municipality.id, fact) for fact in there)
    yield from _solutions()
    yield from _responsibilities(there)


def authorities() -> Iterator[said.MunicipalityRegistered]:
    """The federation, then everybody in the reference, every parent before its children."""
    yield said.MunicipalityRegistered(
        municipality=FEDERATION,
        kind="Bund",
        parents=(),
        inhabitants=83_000_000,
        inhabitants_on=date(2023, 1, 1),
        location=None,
        postcode=None,
        basis=GIVEN,
    )
    for one in reference.municipalities():
        yield said.MunicipalityRegistered(
            municipality=MunicipalityRef(id=one.id, name=one.name, levels=one.levels, region=one.region),
            kind=one.kind,
            parents=one.parents,
            inhabitants=one.inhabitants,
            inhabitants_on=one.inhabitants_on,
            location=one.location,
            postcode=one.postcode,
            basis=one.basis,
        )


def services() -> Iterator[said.ServiceListed]:
    """One in a hundred is a component, some others nobody counts."""
    for number in range(SERVICES):
        component = level(number) == "internal"
        yield said.ServiceListed(
            service=service(number),
            kind="component" if component else "service",
            country="DE",
            level=level(number),
            theme="querschnittsleistungen" if component else theme(number),
            bundle=None if component or number % 5 == 4 else str(10_000 + number // 10),
            countable=not component and number % 193 != 7,
            audience="citizens",
            provisional=False,
            basis=GIVEN,
        )


def bundles() -> Iterator[said.BundleListed]:
    """Eight services of ten are in one."""
    for start in range(0, SERVICES, 10):
        yield said.BundleListed(
            bundle=BundleRef(id=str(10_000 + start // 10), title=f"Bündel {start // 10}"),
            theme=theme(start),
            services=tuple(
                service(number).key
                for number in range(start, start + 10)
                if number % 5 != 4 and level(number) != "internal"
            ),
            basis=GIVEN,
        )


def level(number: int) -> ServiceLevel:
    return next(name for numbers, name in _LEVELS.items() if number % 100 in numbers)


def theme(number: int) -> Theme:
    return _THEMES[number // 7 % len(_THEMES)]


def service(number: int) -> ServiceRef:
    key = f"basis:baustein-{number}" if level(number) == "internal" else f"leika:99{number:012d}"
    return ServiceRef(key=key, title=f"Leistung {number}")


def slug(number: int) -> str:
    """Of the solution with that number in the read models, counted from 1."""
    return f"loesung-{number}"


def _solutions() -> Iterator[Told]:
    """Half of them are open somewhere."""
    for number in range(1, SOLUTIONS + 1):
        solution = Solution(
            slug=slug(number),
            name=f"Lösung {number}",
            kind="saas",
            efa=number % 3 == 0,
            services=tuple(service((number * 30 + one * 7) % SERVICES) for one in range(12)),
            publisher=PublisherRef(id="org:verlag", name="Verlag"),
            basis=GIVEN,
        )
        yield _at_first("solution", solution.slug, said.SolutionPublished(solution=solution))
        for land in range(number % 6 if number % 2 == 0 else 0):
            open_in = Availability(
                region=_LAENDER[(number + land * 3) % 16],
                from_=DAYS[number % 60],
                until=None,
                members=None,
                terms=Terms(),
            )
            opened = said.SolutionBecameAvailable(solution=solution, availability=open_in)
            yield Told(_on(DAYS[number % 60]), Key("solution", solution.slug), opened)


def _responsibilities(there: Sequence[said.MunicipalityRegistered]) -> Iterator[Told]:
    """Associations deliver single services for their members, and a Land one for all its communes."""
    members: dict[str, list[MunicipalityRef]] = {}
    for one in there:
        if "commune" in one.municipality.levels:
            for parent in one.parents:
                members.setdefault(parent, []).append(one.municipality)
    able = [
        one.municipality for one in there if "association" in one.municipality.levels and one.municipality.id in members
    ]
    for number in range(ASSIGNED):
        by = able[number * 5 % len(able)]
        yield from _assigned(by, number, Serves(members=tuple(members[by.id])), ends=number % 7 == 0)
    lands = [one.municipality for one in there if "state" in one.municipality.levels]
    for number, land in enumerate(lands[:ASSIGNED_BY_LAND]):
        yield from _assigned(land, ASSIGNED + number, Serves(region=land.region), ends=number % 4 == 0)


def _assigned(by: MunicipalityRef, number: int, serves: Serves, *, ends: bool) -> Iterator[Told]:
    what = service(number * 17 * 100 // 80 % 60 * 100 + number % 80)
    key = Key("responsibility", f"{by.id}/{what.key}")
    since = number * 7 % 60
    on = DAYS[since]
    fact = said.ResponsibilityAssigned(
        municipality=by, service=what, serves=serves, effective_on=on, legal_basis=None, basis=GIVEN
    )
    yield Told(_on(on), key, fact)
    if ends:
        end = DAYS[since + 10]
        ended = said.ResponsibilityEnded(municipality=by, service=what, serves=serves, effective_on=end, basis=GIVEN)
        yield Told(_on(end), key, ended)


def _at_first(kind: str, id_: str, data: Fact) -> Told:
    return Told(_BEGINNING, Key(kind, id_), data)


def _on(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


_LAENDER: Final = (
    *("DE-BB", "DE-BE", "DE-BW", "DE-BY", "DE-HB", "DE-HE", "DE-HH", "DE-MV"),
    *("DE-NI", "DE-NW", "DE-RP", "DE-SH", "DE-SL", "DE-SN", "DE-ST", "DE-TH"),
)
