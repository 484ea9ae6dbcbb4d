"""The services in memory, as sets: by family, theme, bundle, country, who delivers them, and on which days they are listed.

A set of services is one integer, bit n standing for service n, as in `progress.facts.bitmaps`. What is kept is right as long
as the stamp in `versions` is the same; the few last ones stay, since snapshots of different days are asked side by side.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property, reduce
from operator import or_
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from events.log.connect import Connection
from progress.facts.authorities import spellings
from progress.facts.bitmaps import Bits
from progress.projections.moment import NeedsSnapshot, records, snapshot

_SERVICES: Final = """
    SELECT id, key, title, kind, theme, level, bundle, country, delivered_by, countable, family, since, withdrawn_on,
           row_number() OVER (ORDER BY title, key) AS by_title
    FROM services ORDER BY theme COLLATE "C", key COLLATE "C"
"""
_KEPT: Final = 4
_Key = TypeVar("_Key")


class Service(NamedTuple):
    """One service as it is known now; `by_title` is its place among all by title."""

    id: int
    key: str
    title: str
    kind: str
    theme: str
    level: str
    bundle: str | None
    country: str
    delivered_by: int
    countable: bool
    family: int
    since: date
    withdrawn_on: date
    by_title: int


class Catalogue:
    """All services, in the order of theme and key."""

    def __init__(self, services: Iterable[Service], stamp: UUID | None = None) -> None:
        self.stamp: Final = stamp
        self.services: Final = list(services)
        self.by_id: Final = {one.id: one for one in self.services}
        self.ids: Final = {one.key: one.id for one in self.services}
        self.places: Final = [(one.theme, one.key) for one in self.services]
        """What lists are ordered by, and what a page begins after."""
        self.families: Final = dict.fromkeys((0, 1, 2), 0) | _sets((one.family, one.id) for one in self.services)
        self.themes: Final = _sets((one.theme, one.id) for one in self.services)
        self.bundles: Final = _sets((one.bundle, one.id) for one in self.services if one.bundle is not None)
        self._delivered: Final = _sets(((one.country, one.delivered_by), one.id) for one in self.services)
        self._by_levels: Final[dict[tuple[str, int], Bits]] = {}
        self._days: Final = sorted({day for one in self.services for day in (one.since, one.withdrawn_on)})
        self._active: Final[dict[int, Bits]] = {}

    @cached_property
    def spelled(self) -> list[tuple[Service, tuple[str, str]]]:
        """Each with its title in both spellings of umlauts, for whoever looks for words."""
        return [(one, spellings(one.title)) for one in self.services]

    def active(self, day: date) -> Bits:
        """Those listed on that day."""
        span = bisect_right(self._days, day)
        found = self._active.get(span)
        if found is None:
            found = _set(one.id for one in self.services if one.since <= day < one.withdrawn_on)
            self._active[span] = found
        return found

    def delivered_by(self, levels: int, country: str) -> Bits:
        """Those that an authority of these levels delivers, unless something else was said."""
        found = self._by_levels.get((country, levels))
        if found is None:
            found = reduce(
                or_, (bits for (where, by), bits in self._delivered.items() if where == country and by & levels), 0
            )
            self._by_levels[country, levels] = found
        return found

    def within(self, bits: Bits, after: tuple[str, str] | None = None) -> Iterator[Service]:
        """The services of a set by theme and key, those after a place first left out."""
        start = 0 if after is None else bisect_right(self.places, after)
        members = bits.to_bytes((max(self.by_id, default=0) >> 3) + 1, "little")
        return (one for one in self.services[start:] if members[one.id >> 3] >> (one.id & 7) & 1)


_known: Final[OrderedDict[UUID, Catalogue]] = OrderedDict()


async def current(connection: Connection) -> Catalogue:
    """The catalogue of this snapshot."""
    return await stamped(connection, (await snapshot(connection)).stamp)


async def supposed(connection: Connection) -> Catalogue:
    """That of this snapshot; without one that used last, and the answer must say whether it is of the same stamp."""
    if connection.is_in_transaction():
        return await current(connection)
    if not _known:
        raise NeedsSnapshot
    return next(reversed(_known.values()))


async def stamped(connection: Connection, stamp: UUID | None) -> Catalogue:
    """The catalogue of this snapshot, which has this stamp; without one there is nothing."""
    if stamp is None:
        return Catalogue(())
    found = _known.get(stamp)
    if found is None:
        found = Catalogue([Service(*row) for row in await records(connection, _SERVICES)], stamp)
        _known[stamp] = found
        if len(_known) > _KEPT:
            _known.popitem(last=False)
    else:
        _known.move_to_end(stamp)
    return found


def _set(services: Iterable[int]) -> Bits:
    members = bytearray()
    for service in services:
        if service >> 3 >= len(members):
            members.extend(bytes((service >> 3) + 1 - len(members)))
        members[service >> 3] |= 1 << (service & 7)
    return int.from_bytes(members, "little")


def _sets(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, Bits]:
    found: dict[_Key, list[int]] = {}
    for key, service in pairs:
        found.setdefault(key, []).append(service)
    return {key: _set(several) for key, several in found.items()}
