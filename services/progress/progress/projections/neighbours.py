"""Which of its peers are nearest to a municipality: those of its region first, then of like size. In memory, as known now.

A group may have thousands of members, of which an answer names a few; the database would have to sort them all.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from events.log.connect import Connection
from progress.projections.moment import records
from progress.projections.standing import Town

_MEMBERS: Final = """
    SELECT id, key, name, region, inhabitants, since, gone_on FROM authorities
    WHERE peer_group = :group AND country = :country ORDER BY key
"""
_KEPT: Final = 64


class Neighbour(NamedTuple):
    """A member of a group of peers."""

    id: int
    key: str
    name: str
    region: str
    inhabitants: int | None
    since: date
    gone_on: date


class _BySize:
    """Some members, from which one can go outwards from any number of inhabitants. Those of unknown size come last."""

    def __init__(self, members: Iterable[tuple[int, Neighbour]]) -> None:
        """Each with its place in the order of keys."""
        all_ = list(members)
        known = sorted((one.inhabitants, place) for place, one in all_ if one.inhabitants is not None)
        self._sizes: Final = [size for size, _ in known]
        self._places: Final = [place for _, place in known]
        self._unknown: Final = [place for place, one in all_ if one.inhabitants is None]

    def outwards(self, size: int | None) -> Iterator[int]:
        """The places of all: by how much larger or smaller they are, then by key."""
        if size is None:
            yield from sorted([*self._places, *self._unknown])
            return
        sizes, places = self._sizes, self._places
        above = bisect_left(sizes, size)
        below = above - 1
        while below >= 0 or above < len(sizes):
            up = sizes[above] - size if above < len(sizes) else None
            down = size - sizes[below] if below >= 0 else None
            nearest = min(one for one in (up, down) if one is not None)
            alike = []
            while above < len(sizes) and sizes[above] - size == nearest:
                alike.append(places[above])
                above += 1
            while below >= 0 and size - sizes[below] == nearest:
                alike.append(places[below])
                below -= 1
            yield from sorted(alike)
        yield from self._unknown


class Neighbours:
    """All members of one group, in the order of their keys."""

    def __init__(self, members: Sequence[Neighbour]) -> None:
        self._members: Final = members
        by_region: dict[str, list[tuple[int, Neighbour]]] = {}
        for place, one in enumerate(members):
            by_region.setdefault(one.region, []).append((place, one))
        self._in: Final = {region: _BySize(some) for region, some in by_region.items()}
        self._all: Final = _BySize(enumerate(members))

    def nearest(self, town: Town, day: date) -> Iterator[Neighbour]:
        """Everybody else there is on that day."""
        for place in self._places(town):
            one = self._members[place]
            if one.id != town.id and one.since <= day < one.gone_on:
                yield one

    def _places(self, town: Town) -> Iterator[int]:
        if (here := self._in.get(town.region)) is not None:
            yield from here.outwards(town.inhabitants)
        for place in self._all.outwards(town.inhabitants):
            if self._members[place].region != town.region:
                yield place


_known: Final[OrderedDict[tuple[UUID | None, int, str], Neighbours]] = OrderedDict()


async def of(connection: Connection, town: Town) -> Neighbours:
    """The peers of a municipality, itself among them, in the snapshot that it is from."""
    key = (town.stamp, town.peer_group, town.country)
    found = _known.get(key)
    if found is None:
        rows = await records(connection, _MEMBERS, group=town.peer_group, country=town.country)
        found = Neighbours([Neighbour(*row) for row in rows])
        if town.stamp is not None:
            _known[key] = found
            if len(_known) > _KEPT:
                _known.popitem(last=False)
    else:
        _known.move_to_end(key)
    return found
