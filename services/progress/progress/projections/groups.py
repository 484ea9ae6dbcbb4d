"""Authorities, services and deviations as groups of alikes, as known now: what denominators are counted from."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.projections.moment import records

_AUTHORITIES: Final = """
    SELECT a.region, a.country, d.key AS district, a.peer_group, a.levels, a.since, a.gone_on,
           count(*) AS authorities, coalesce(sum(a.inhabitants), 0)::bigint AS inhabitants
    FROM authorities a LEFT JOIN authorities d ON d.id = a.district
    WHERE a.since < a.gone_on GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_SERVICES: Final = """
    SELECT country, family, theme, level, delivered_by, since, withdrawn_on, services FROM service_groups
"""
_OVERRIDES: Final = """
    SELECT o.service, s.family, s.theme, s.level, a.region, a.country, d.key AS district, a.peer_group,
           r.from_on, r.until, sum(o.weight)::int AS weight, sum(o.weight * coalesce(a.inhabitants, 0)::bigint)::bigint AS inhabitants
    FROM overrides o
    JOIN authorities a ON a.id = o.authority
    JOIN services s ON s.id = o.service
    LEFT JOIN authorities d ON d.id = a.district
    CROSS JOIN LATERAL (SELECT greatest(o.from_on, a.since, s.since) AS from_on,
                               least(o.until, a.gone_on, s.withdrawn_on) AS until) r
    WHERE r.from_on < r.until AND o.known_until = 'infinity'
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_ASSIGNED: Final = f"""
    SELECT o.authority, a.region, a.country, a.levels, greatest(o.from_on, a.since, s.since),
           least(o.until, a.gone_on, s.withdrawn_on)
    FROM overrides o
    JOIN authorities a ON a.id = o.authority
    JOIN services s ON s.id = o.service AND s.family = {SERVICES}
    WHERE o.weight > 0 AND o.known_until = 'infinity'
"""  # noqa: S608 - our own constants

_DISTRICTS: Final = """
    SELECT DISTINCT m.region, d.key, d.name
    FROM authorities m JOIN authorities d ON d.id = m.district ORDER BY d.name, d.key
"""


class Authorities(NamedTuple):
    """So many alike."""

    region: str
    country: str
    district: str | None
    peer_group: int
    levels: int
    since: date
    gone_on: date
    authorities: int
    inhabitants: int


class Services(NamedTuple):
    """So many alike."""

    country: str
    family: int
    theme: str
    level: str
    delivered_by: int
    since: date
    withdrawn_on: date
    services: int


class Override(NamedTuple):
    """Authorities alike that are, or are not, responsible for a service on these days, unlike by default."""

    service: int
    family: int
    theme: str
    level: str
    region: str
    country: str
    district: str | None
    peer_group: int
    from_on: date
    until: date
    weight: int
    inhabitants: int


class Assigned(NamedTuple):
    """Someone who was assigned something countable."""

    authority: int
    region: str
    country: str
    levels: int
    from_on: date
    until: date


class District(NamedTuple):
    """A district that has a part of a region in it; by name."""

    region: str
    key: str
    name: str


class Groups(NamedTuple):
    """All of one catalogue."""

    authorities: Sequence[Authorities] = ()
    services: Sequence[Services] = ()
    overrides: Sequence[Override] = ()
    assigned: Sequence[Assigned] = ()
    districts: Sequence[District] = ()


async def load(connection: Connection) -> Groups:
    """Those of this snapshot."""
    return Groups(
        [Authorities(*one) for one in await records(connection, _AUTHORITIES)],
        [Services(*one) for one in await records(connection, _SERVICES)],
        [Override(*one) for one in await records(connection, _OVERRIDES)],
        [Assigned(*one) for one in await records(connection, _ASSIGNED)],
        [District(*one) for one in await records(connection, _DISTRICTS)],
    )
