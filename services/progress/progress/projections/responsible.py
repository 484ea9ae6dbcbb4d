"""Who is responsible for how much, in memory: denominators on any day, as known now.

They change only when the catalogue does, and in between only on the days on which an authority or a service comes or goes or
an assignment takes effect. So they are counted once per catalogue and span between such days, and only where asked. What was
known on an earlier day is asked of the database (`progress.counting.denominators`), which gives the same.
"""

from array import array
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.projections.groups import Authorities, Groups, Override, Services, load
from progress.projections.parts import has_regions

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Share(NamedTuple):
    """So many responsibilities (or authorities), and the inhabitants of each one's municipality added up."""

    responsible: int = 0
    people: int = 0


class Delivered(Protocol):
    """What of one service decides who is responsible for it by default."""

    @property
    def id(self) -> int: ...
    @property
    def country(self) -> str: ...
    @property
    def delivered_by(self) -> int: ...
    @property
    def since(self) -> date: ...
    @property
    def withdrawn_on(self) -> date: ...


Cut = tuple[int, str, str]
"""Family, theme, level."""


class _Sums(NamedTuple):
    """Of a place in a span of days: which cuts there are, bit n for the nth of all, and the sums of each of these.

    There are thousands of places and spans, so they are kept as numbers in a row.
    """

    cuts: int
    responsible: "array[int]"
    people: "array[int]"

    def total(self, wanted: int) -> Share:
        """Of wanted cuts that follow one another."""
        first = (self.cuts & (wanted & -wanted) - 1).bit_count()
        end = first + (self.cuts & wanted).bit_count()
        return Share(sum(self.responsible[first:end]), sum(self.people[first:end]))


class Responsible:
    """All denominators of one catalogue."""

    def __init__(self, groups: Groups) -> None:
        self.districts: Final = groups.districts
        self._authorities: Final = groups.authorities
        self._services: Final = groups.services
        self._overrides: Final = groups.overrides
        self._assigned: Final = groups.assigned
        self._of_service: Final = _grouped((one.service, one) for one in self._overrides)
        self._of_place: Final = _grouped((place, one) for one in self._overrides for place in _places(one))
        self._there: Final = _grouped((place, one) for one in self._authorities for place in _places(one))
        self._cuts: Final = sorted(
            {(one.family, one.theme, one.level) for one in self._services}
            | {(one.family, one.theme, one.level) for one in self._overrides}
        )
        self._masks: Final[dict[tuple[int, str | None], int]] = defaultdict(int)
        for number, (family, theme, _) in enumerate(self._cuts):
            self._masks[family, None] |= 1 << number
            self._masks[family, theme] |= 1 << number
        self.countries: Final = sorted({one.country for one in self._authorities})
        self.regions: Final = sorted({one.region for one in self._authorities})
        self._days: Final = sorted(
            {day for one in self._authorities for day in (one.since, one.gone_on)}
            | {day for group in self._services for day in (group.since, group.withdrawn_on)}
            | {day for override in self._overrides for day in (override.from_on, override.until)}
            | {day for some in self._assigned for day in (some.from_on, some.until)}
        )
        self._counted: Final[OrderedDict[tuple[Hashable, ...], Any]] = OrderedDict()

    def cuts(self, place: str, day: date) -> Mapping[Cut, Share]:
        """In a region or country by family, theme and level; everywhere where the place is a district too."""
        sums = self._sums(place, day)
        there = [cut for number, cut in enumerate(self._cuts) if sums.cuts >> number & 1]
        return dict(zip(there, map(Share, sums.responsible, sums.people), strict=True))

    def total(self, place: str, day: date, family: int = SERVICES, theme: str | None = None) -> Share:
        """In a region, country or district, perhaps of one theme only."""
        return self._sums(place, day).total(self._masks.get((family, theme), 0))

    def by_theme_and_by_level(self, place: str, day: date) -> tuple[dict[str, int], dict[str, int]]:
        """In a region or country what is countable: by theme, and by level."""
        themes: dict[str, int] = {}
        levels: dict[str, int] = {}
        for (family, theme, level), share in self.cuts(place, day).items():
            if family == SERVICES and share.responsible:
                themes[theme] = themes.get(theme, 0) + share.responsible
                levels[level] = levels.get(level, 0) + share.responsible
        return themes, levels

    def parts(self, code: str | None, day: date) -> Sequence[str]:
        """The regions of the whole or of a country, the districts of a region: where anyone is responsible for anything countable."""

        def find() -> Sequence[str]:
            if code is not None and "-" in code:
                return [one.key for one in self.districts if one.region == code and self.lines(one.key, day)]
            there = [region for region in self.regions if self.lines(region, day)]
            return [one for one in there if not has_regions(one, there) and (code is None or one.startswith(code))]

        return self._once(day, ("parts", code), find)

    def everywhere(self, service: Delivered, day: date) -> int:
        """Of one service in all regions together."""

        def count() -> int:
            return sum(share.responsible for share in self._usual(service, day).values())

        usual = self._once(day, ("everywhere", service.country, service.delivered_by), count)
        return (usual if service.since <= day < service.withdrawn_on else 0) + sum(
            one.weight for one in self._of_service.get(service.id, ()) if one.from_on <= day < one.until
        )

    def of_service(self, service: Delivered, day: date) -> Mapping[str, Share]:
        """One service by region."""
        found = dict(self._usual(service, day)) if service.since <= day < service.withdrawn_on else {}
        for override in self._of_service.get(service.id, ()):
            if override.from_on <= day < override.until:
                found[override.region] = _plus(
                    found.get(override.region, Share()), override.weight, override.inhabitants
                )
        return found

    def among_peers(self, group: int, country: str, service: Delivered, day: date) -> int:
        """How many of a group of peers, all in one country, are responsible for a service."""
        if not service.since <= day < service.withdrawn_on:
            return 0
        fitting = country == service.country and group >> 5 & service.delivered_by
        found = self.peers(group, country, day) if fitting else 0
        return found + sum(
            one.weight
            for one in self._of_service.get(service.id, ())
            if one.peer_group == group and one.country == country and one.from_on <= day < one.until
        )

    def peers(self, group: int, country: str, day: date) -> int:
        """How many there are in a group of peers."""
        counted: Mapping[tuple[int, str], int] = self._once(day, ("peers",), lambda: self._peers(day))
        return counted.get((group, country), 0)

    def authorities(self, place: str, day: date) -> int:
        """How many in a region or country are responsible for anything countable, by default or because assigned."""
        found: int = self._once(day, ("authorities", place), lambda: self._count(place, day))
        return found

    def lines(self, place: str, day: date) -> bool:
        """Whether anyone there is responsible for anything countable: then a breakdown shows the place."""
        return self._sums(place, day).cuts & self._masks.get((SERVICES, None), 0) != 0

    def _once(self, day: date, what: tuple[Hashable, ...], count: Callable[[], T]) -> T:
        key = (bisect_right(self._days, day), *what)
        found: T | None = self._counted.get(key)
        if found is None:
            found = self._counted[key] = count()
            if len(self._counted) > _KEPT_COUNTS:
                self._counted.popitem(last=False)
        return found

    def _usual(self, service: Delivered, day: date) -> Mapping[str, Share]:
        """By default, while it is listed."""

        def count() -> dict[str, Share]:
            found: dict[str, Share] = defaultdict(Share)
            for one in self._alive(day):
                if one.country == service.country and one.levels & service.delivered_by:
                    found[one.region] = _plus(found[one.region], one.authorities, one.inhabitants)
            return found

        return self._once(day, ("service", service.country, service.delivered_by), count)

    def _alive(self, day: date) -> list[Authorities]:
        return self._once(day, ("alive",), lambda: [one for one in self._authorities if one.since <= day < one.gone_on])

    def _sums(self, place: str, day: date) -> _Sums:
        return self._once(day, ("sums", place), lambda: self._sum(place, day))

    def _sum(self, place: str, day: date) -> _Sums:
        by_levels: dict[tuple[str, int], Share] = defaultdict(Share)
        for one in self._there.get(place, ()):
            if one.since <= day < one.gone_on:
                key = (one.country, one.levels)
                by_levels[key] = _plus(by_levels[key], one.authorities, one.inhabitants)
        found: dict[Cut, Share] = {}
        for group in self._active(day):
            for (country, levels), (authorities, inhabitants) in by_levels.items():
                if country == group.country and levels & group.delivered_by:
                    cut = (group.family, group.theme, group.level)
                    found[cut] = _plus(
                        found.get(cut, Share()), group.services * authorities, group.services * inhabitants
                    )
        for override in self._of_place.get(place, ()):
            if override.from_on <= day < override.until:
                cut = (override.family, override.theme, override.level)
                found[cut] = _plus(found.get(cut, Share()), override.weight, override.inhabitants)
        there = [(number, found[cut]) for number, cut in enumerate(self._cuts) if cut in found]
        return _Sums(
            sum(1 << number for number, _ in there),
            array("q", [share.responsible for _, share in there]),
            array("q", [share.people for _, share in there]),
        )

    def _active(self, day: date) -> list[Services]:
        return self._once(
            day, ("active",), lambda: [one for one in self._services if one.since <= day < one.withdrawn_on]
        )

    def _count(self, place: str, day: date) -> int:
        levels = 0
        for group in self._active(day):
            levels |= group.delivered_by if group.family == SERVICES else 0
        usual = [one for one in self._alive(day) if one.levels & levels and place in (one.region, one.country)]
        assigned = {
            one.authority
            for one in self._assigned
            if not one.levels & levels and place in (one.region, one.country) and one.from_on <= day < one.until
        }
        return sum(one.authorities for one in usual) + len(assigned)

    def _peers(self, day: date) -> Mapping[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = defaultdict(int)
        for one in self._alive(day):
            found[one.peer_group, one.country] += one.authorities
        return found


_KEPT: Final = 2
_KEPT_COUNTS: Final = 20_000
_known: Final[OrderedDict[UUID, Responsible]] = OrderedDict()


async def stamped(connection: Connection, stamp: UUID | None) -> Responsible:
    """Those of this snapshot, whose catalogue has this stamp; without one there is nothing."""
    if stamp is None:
        return Responsible(Groups())
    found = _known.get(stamp)
    if found is None:
        found = _known[stamp] = Responsible(await load(connection))
        if len(_known) > _KEPT:
            _known.popitem(last=False)
    return found


def _plus(share: Share, responsible: int, people: int) -> Share:
    return Share(share.responsible + responsible, share.people + people)


def _places(one: Authorities | Override) -> Iterable[str]:
    return {place for place in (one.region, one.country, one.district) if place is not None}


def _grouped(pairs: Iterable[tuple[K, T]]) -> Mapping[K, Sequence[T]]:
    found: dict[K, list[T]] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return found
