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
from typing import Any, Final, TypeVar
from uuid import UUID

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.projections.groups import Authorities, Groups, Override, Services, load
from progress.projections.moment import NeedsSnapshot, snapshot
from progress.projections.parts import has_regions
from progress.projections.shares import Cut, Delivered, Share, Sums, plus

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Responsible:
    """All denominators of one catalogue."""

    def __init__(self, groups: Groups, stamp: UUID | None = None) -> None:
        self.stamp: Final = stamp
        self.districts: Final = groups.districts
        self.titles: Final = {one.key: {"de": one.name, "en": one.name} for one in self.districts}
        """What districts are called."""
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
        self._members: Final[dict[int, Sequence[Cut]]] = {}
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
        return dict(zip(self._there_are(sums.cuts), map(Share, sums.responsible, sums.people), strict=True))

    def total(self, place: str, day: date, family: int = SERVICES, theme: str | None = None) -> Share:
        """In a region, country or district, perhaps of one theme only."""
        return self._sums(place, day).total(self._masks.get((family, theme), 0))

    def countable(self, places: tuple[str, ...], day: date) -> int:
        """In these regions, countries or districts together what is countable: asked for every point of every trend."""
        return self._once(
            day, ("countable", places), lambda: sum(self.total(place, day).responsible for place in places)
        )

    def by_theme(self, places: Sequence[str], day: date) -> dict[str, int]:
        """In these regions or countries what is countable, by theme."""
        return self._by(lambda cut: cut[1], places, day)

    def by_level(self, places: Sequence[str], day: date) -> dict[str, int]:
        """The same by level."""
        return self._by(lambda cut: cut[2], places, day)

    def _by(self, key: Callable[[Cut], str], places: Sequence[str], day: date) -> dict[str, int]:
        found: dict[str, int] = {}
        for place in places:
            sums = self._sums(place, day)
            for one, responsible in zip(self._there_are(sums.cuts), sums.responsible, strict=True):
                if one[0] == SERVICES and responsible:
                    found[key(one)] = found.get(key(one), 0) + responsible
        return found

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
                found[override.region] = plus(
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

    def _there_are(self, cuts: int) -> Sequence[Cut]:
        """Those in a set of cuts, of which there are few."""
        found = self._members.get(cuts)
        if found is None:
            found = self._members[cuts] = [cut for number, cut in enumerate(self._cuts) if cuts >> number & 1]
        return found

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
                    found[one.region] = plus(found[one.region], one.authorities, one.inhabitants)
            return found

        return self._once(day, ("service", service.country, service.delivered_by), count)

    def _alive(self, day: date) -> list[Authorities]:
        return self._once(day, ("alive",), lambda: [one for one in self._authorities if one.since <= day < one.gone_on])

    def _sums(self, place: str, day: date) -> Sums:
        return self._once(day, ("sums", place), lambda: self._sum(place, day))

    def _sum(self, place: str, day: date) -> Sums:
        by_levels: dict[tuple[str, int], Share] = defaultdict(Share)
        for one in self._there.get(place, ()):
            if one.since <= day < one.gone_on:
                key = (one.country, one.levels)
                by_levels[key] = plus(by_levels[key], one.authorities, one.inhabitants)
        found: dict[Cut, Share] = {}
        for group in self._active(day):
            for (country, levels), (authorities, inhabitants) in by_levels.items():
                if country == group.country and levels & group.delivered_by:
                    cut = (group.family, group.theme, group.level)
                    found[cut] = plus(
                        found.get(cut, Share()), group.services * authorities, group.services * inhabitants
                    )
        for override in self._of_place.get(place, ()):
            if override.from_on <= day < override.until:
                cut = (override.family, override.theme, override.level)
                found[cut] = plus(found.get(cut, Share()), override.weight, override.inhabitants)
        there = [(number, found[cut]) for number, cut in enumerate(self._cuts) if cut in found]
        return Sums(
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
        found = _known[stamp] = Responsible(await load(connection), stamp)
        if len(_known) > _KEPT:
            _known.popitem(last=False)
    else:
        _known.move_to_end(stamp)
    return found


async def supposed(connection: Connection) -> Responsible:
    """Those of this snapshot; without one those used last, and the answer must say whether they are of the same stamp."""
    if connection.is_in_transaction():
        return await stamped(connection, (await snapshot(connection)).stamp)
    if not _known:
        raise NeedsSnapshot
    return next(reversed(_known.values()))


def _places(one: Authorities | Override) -> Iterable[str]:
    return {place for place in (one.region, one.country, one.district) if place is not None}


def _grouped(pairs: Iterable[tuple[K, T]]) -> Mapping[K, Sequence[T]]:
    found: dict[K, list[T]] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return found
