"""Where a municipality stands: what it is responsible for itself, what others deliver there, and what holds of either.

Others are whoever was assigned to serve it, else its association, district, Land and the federation, nearest first. Nothing
is fanned out when statuses change: the sets of the few authorities above are put together when somebody asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.log.connect import Connection
from progress.domain.figures import Counts
from progress.domain.measures import MEASURES
from progress.facts.bitmaps import Bits
from progress.projections.catalogue import Catalogue, stamped
from progress.projections.held import NOTHING, Held, held_by
from progress.projections.moment import Moment, Unknown, at_once, records


class Above(NamedTuple):
    """An authority above, nearest first; `parent`: named as one, not merely the federation of the country."""

    id: int
    key: str
    name: str
    levels: int
    country: str
    since: date
    gone_on: date
    parent: bool


class Override(NamedTuple):
    """A span of days on which an authority is responsible for a service unlike by default: +1 or −1."""

    authority: int
    service: int
    from_on: date
    until: date
    weight: int


class Serving(NamedTuple):
    """Who was assigned to deliver a service there."""

    service: int
    provider: int


class Town(NamedTuple):
    """A municipality with all that decides who delivers what there, and the state of the read models it comes from."""

    id: int
    key: str
    name: str
    levels: int
    region: str
    country: str
    inhabitants: int | None
    size: int
    own_administration: bool
    peer_group: int
    since: date
    gone_on: date
    successor: str | None
    above: Sequence[Above]
    overrides: Sequence[Override]
    serving: Sequence[Serving]
    stamp: UUID | None
    position: int

    def exists(self, day: date) -> bool:
        """Whether there was such a municipality on that day."""
        return self.since <= day < self.gone_on


_FIELDS: Final = len(Town._fields)
_BY_KEY: Final = "SELECT a.* FROM authority_aliases l JOIN authorities a ON a.id = l.authority WHERE l.key = :key"
_BY_ID: Final = "SELECT * FROM authorities WHERE id = :authority"
_FACTS: Final = """
    , above AS MATERIALIZED (
        SELECT a.id, a.key, a.name, a.levels, a.country, a.since, a.gone_on, true AS parent, n.place
        FROM me CROSS JOIN LATERAL unnest(me.parents) WITH ORDINALITY n (key, place) JOIN authorities a ON a.key = n.key
        UNION ALL
        SELECT a.id, a.key, a.name, a.levels, a.country, a.since, a.gone_on, false, 99
        FROM me JOIN authorities a ON a.country = me.country AND a.levels & 32 <> 0 AND a.key <> ALL (me.parents)
        WHERE a.id <> me.id
    ), serving AS MATERIALIZED (
        SELECT DISTINCT ON (x.service) x.service, x.provider
        FROM me JOIN assignments x ON x.members @> ARRAY[me.id] OR x.region IN (me.region, me.country)
        JOIN services s ON s.id = x.service
        WHERE x.provider <> me.id AND x.active AND x.effective_on <= :day AND x.recorded_on <= :known
          AND (x.region IS NULL OR me.levels & s.delivered_by <> 0)
          AND NOT EXISTS (
              SELECT FROM assignments later
              WHERE later.service = x.service AND later.provider = x.provider AND later.position > x.position
                AND later.effective_on <= :day AND later.recorded_on <= :known)
        ORDER BY x.service, (x.members IS NULL), x.effective_on DESC, x.position DESC
    )
    SELECT me.id, me.key, me.name, me.levels, me.region, me.country, me.inhabitants, me.size, me.own_administration,
           me.peer_group, me.since, me.gone_on, me.successor,
           ARRAY(SELECT ROW(id, key, name, levels, country, since, gone_on, parent) FROM above ORDER BY place, id),
           ARRAY(SELECT ROW(o.authority, o.service, o.from_on, o.until, o.weight)
                 FROM overrides o
                 WHERE o.authority = ANY(ARRAY(SELECT me.id UNION SELECT id FROM above))
                   AND o.known_from <= :known AND :known < o.known_until),
           ARRAY(SELECT ROW(service, provider) FROM serving),
           (SELECT stamp FROM versions), (SELECT coalesce(min(position), 0) FROM followers)
"""
_NUMBERED: Final = f"WITH me AS MATERIALIZED ({_BY_ID}) {_FACTS} FROM me"


def town_with(*more: str) -> str:
    """A statement that finds a municipality, and more of it: expressions over `me`, `above` and `serving`."""
    return ", ".join((f"WITH me AS MATERIALIZED ({_BY_KEY}) {_FACTS}", *more)) + " FROM me"


_TOWN: Final = town_with()


async def town(connection: Connection, key: str, moment: Moment) -> Town:
    """By its id or any official key it ever had. Raises Unknown."""
    return (await more_of(connection, _TOWN, key, moment))[0]


async def more_of(
    connection: Connection, statement: str, key: str, moment: Moment, **parameters: Any
) -> tuple[Town, Sequence[Any]]:
    """A municipality, and what more such a statement finds of it. Raises Unknown."""
    found = await at_once(connection, statement, key=key, **moment.parameters, **parameters)
    if not found:
        raise Unknown("municipality", key)
    return _town(found[0][:_FIELDS]), found[0][_FIELDS:]


async def numbered(connection: Connection, authority: int, moment: Moment) -> Town:
    """By its number, which is known to exist."""
    return _town((await records(connection, _NUMBERED, authority=authority, **moment.parameters))[0])


def _town(row: Any) -> Town:
    *facts, above, overrides, serving, stamp, position = row
    lists = [
        [Above(*one) for one in above],
        [Override(*one) for one in overrides],
        [Serving(*one) for one in serving],
    ]
    return Town._make((*facts, *lists, stamp, position))


_PLACES: Final = {name: place for place, name in enumerate(MEASURES)}


class Cells(NamedTuple):
    """The cells of a municipality on a day: sets of services."""

    own: Bits
    """Those it is responsible for itself."""
    providers: dict[int, Bits]
    """By authority what it delivers there; no service twice, the municipality's own among them."""
    held: Held
    """By measure, of all services delivered there."""

    @property
    def all(self) -> Bits:
        """Its own, and what others deliver there."""
        return _union(self.providers.values())

    def provider(self, service: int) -> int:
        """Who delivers this service there."""
        return next(authority for authority, services in self.providers.items() if services >> service & 1)

    def counts(self, services: Bits) -> Counts:
        """What holds of these services, which are all delivered there."""
        return Counts(responsible=services.bit_count(), **self.sums(services, MEASURES))

    def sums(self, services: Bits, measures: Sequence[str]) -> dict[str, int]:
        """Only these of its measures."""
        return {name: (services & self.held[_PLACES[name]]).bit_count() for name in measures}


async def cells_of(connection: Connection, one: Town, catalogue: Catalogue, moment: Moment) -> Cells:
    """What the municipality and those above deliver there, and what holds of it."""
    own, providers = delivering(one, catalogue, moment.as_of)
    return cells(own, providers, await held_by(connection, list(providers), moment))


def delivering(one: Town, catalogue: Catalogue, day: date) -> tuple[Bits, dict[int, Bits]]:
    """What it is responsible for itself, and by authority what it delivers there, that among it."""
    own = responsible(one, catalogue, day)
    return own, {one.id: own} | inherited(one, catalogue, day, own)


def cells(own: Bits, providers: dict[int, Bits], held: Mapping[int, Held]) -> Cells:
    """The same, and what holds of it."""
    together = list(NOTHING)
    for provider, services in providers.items():
        for measure, bits in enumerate(held[provider]):
            together[measure] |= services & bits
    return Cells(own, providers, tuple(together))


def responsible(one: Town, catalogue: Catalogue, day: date) -> Bits:
    """What it is responsible for itself on that day: by its levels, unless something else was said."""
    if not one.exists(day):
        return 0
    more, less = _differing(one.overrides, one.id, day)
    return (catalogue.delivered_by(one.levels, one.country) & ~less | more) & catalogue.active(day)


def inherited(one: Town, catalogue: Catalogue, day: date, own: Bits) -> dict[int, Bits]:
    """By authority what it delivers there of the services that the municipality does not deliver itself."""
    if not one.exists(day):
        return {}
    open_still = catalogue.active(day) & ~own
    found: dict[int, Bits] = {}
    for service, provider in one.serving:
        if open_still >> service & 1:
            found[provider] = found.get(provider, 0) | 1 << service
    open_still &= ~_union(found.values())
    for other in one.above:
        if other.id != one.id and other.since <= day < other.gone_on:
            more, less = _differing(one.overrides, other.id, day)
            delivered = catalogue.delivered_by(other.levels, other.country) & ~(more | less) & open_still
            if delivered:
                found[other.id] = found.get(other.id, 0) | delivered
                open_still &= ~delivered
    return found


async def catalogue_of(connection: Connection, one: Town) -> Catalogue:
    """The catalogue of the snapshot that the municipality is from."""
    return await stamped(connection, one.stamp)


def _differing(overrides: Iterable[Override], authority: int, day: date) -> tuple[Bits, Bits]:
    """What the authority is responsible for beyond the default on that day, and what it is not."""
    more = less = 0
    for one in overrides:
        if one.authority == authority and one.from_on <= day < one.until:
            if one.weight > 0:
                more |= 1 << one.service
            else:
                less |= 1 << one.service
    return more, less


def _union(several: Iterable[Bits]) -> Bits:
    found = 0
    for bits in several:
        found |= bits
    return found
