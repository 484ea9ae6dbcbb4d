"""Who is comparable: same levels, same size class, with or without an administration of its own; same region first."""

from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.counting.counters import SERVICE, upto
from progress.domain.classes import level_names, size_label, split_peer_group
from progress.domain.figures import Figure, counts
from progress.domain.measures import bit
from progress.projections import services, standing
from progress.projections.cells import STATE_AT, MunicipalityRef, ServiceRef, Stand, stand
from progress.projections.moment import Answer, Moment, rows
from progress.projections.responsible import stamped
from progress.projections.standing import Town


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What its peers have in common."""

    levels: list[str]
    size_class: str
    own_administration: bool
    municipalities: int


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, with its status for the service asked about."""

    municipality: MunicipalityRef
    region: str
    inhabitants: int | None
    status: Stand | None


class Peers(Answer, frozen=True, kw_only=True):
    """Comparable municipalities; with a service, those that have it online come first."""

    municipality: MunicipalityRef
    group: Group
    service: ServiceRef | None
    online: Figure | None
    compliant: Figure | None
    items: list[Peer]


SHOWN: Final = 50
_SUMS: Final = ", ".join(f"sum(t.{name})::bigint AS {name}" for name in SERVICE.measures)
RESPONSIBLE: Final = """
    SELECT service, sum(responsible)::bigint AS responsible FROM (
        SELECT s.id AS service, a.authorities AS responsible
        FROM (SELECT country, levels, sum(authorities) AS authorities FROM authority_groups
              WHERE peer_group = :group AND since <= :day AND :day < gone_on GROUP BY country, levels) a
        JOIN services s ON s.country = a.country AND s.delivered_by & a.levels <> 0
        WHERE s.since <= :day AND :day < s.withdrawn_on
        UNION ALL
        SELECT o.service, o.weight FROM override_groups o
        WHERE o.peer_group = :group AND o.from_on <= :day AND :day < o.until
          AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY service
"""
_PLACE: Final = "(SELECT 'peer:' || peer_group || '@' || country FROM authorities WHERE id = :authority)"
COUNTED_AMONG: Final = {
    latest: f"SELECT t.service, {_SUMS} FROM {upto(SERVICE, latest=latest)} WHERE t.service = ANY(:services) AND t.place = {_PLACE} GROUP BY t.service"  # noqa: S608 - composed of our own constants
    for latest in (True, False)
}
_PEERS: Final = f"""
    SELECT a.key, a.name, a.region, a.inhabitants, r.*, NULL::date AS confirmed_on, o.key AS solution_key
    FROM authorities me
    JOIN authorities a ON a.peer_group = me.peer_group AND a.country = me.country AND a.id <> me.id
         AND a.since <= :day AND :day < a.gone_on
    LEFT JOIN LATERAL (
        SELECT e.* FROM recordings e WHERE e.authority = a.id AND e.service = :service AND {STATE_AT}
        ORDER BY e.position DESC LIMIT 1
    ) r ON true
    LEFT JOIN solutions o ON o.id = r.solution
    WHERE me.id = :authority
    ORDER BY coalesce(r.bits & {bit("online")} <> 0, false) DESC, a.region = me.region DESC,
             abs(a.inhabitants - me.inhabitants), a.key
    LIMIT {SHOWN}
"""  # noqa: S608 - composed of our own constants


async def peers(connection: Connection, key: str, service: str | None, moment: Moment) -> Peers:
    """Who is comparable, and who of them has the service online, with which solution. Raises Unknown."""
    town = await standing.town(connection, key, moment)
    number, about = await services.find(connection, service) if service else (None, None)
    figures = await _figures(connection, town, number, moment) if number is not None else {}
    found = await rows(connection, _PEERS, authority=town.id, service=number, **moment.parameters)
    return Peers(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=town.position,
        demonstration=any(row["bits"] is not None and row["bits"] & bit("demonstration") for row in found),
        municipality=MunicipalityRef(id=town.key, name=town.name),
        group=await group_of(connection, town, moment),
        service=None if about is None else ServiceRef(key=about.key, title=about.title),
        online=figures.get("online"),
        compliant=figures.get("compliant"),
        items=[peer(row, stand(row)) for row in found],
    )


async def group_of(connection: Connection, town: Town, moment: Moment) -> Group:
    """What its peers have in common with it, and how many they are."""
    levels, size, own = split_peer_group(town.peer_group)
    names: list[str] = list(level_names(levels))
    of = await stamped(connection, town.stamp)
    others = of.peers(town.peer_group, town.country, moment.as_of) - town.exists(moment.as_of)
    return Group(levels=names, size_class=size_label(size), own_administration=own, municipalities=others)


async def _figures(connection: Connection, town: Town, service: int, moment: Moment) -> dict[str, Figure]:
    """Of the whole group, the municipality itself included."""
    found = await rows(
        connection,
        f"SELECT * FROM ({RESPONSIBLE}) r LEFT JOIN ({COUNTED_AMONG[moment.latest]}) c USING (service) WHERE service = :service",  # noqa: S608 - composed of our own constants
        authority=town.id,
        group=town.peer_group,
        service=service,
        services=[service],
        **moment.parameters,
    )
    if not found:
        return {}
    one = counts(found[0])
    return {measure: one.figure(measure, "municipalities") for measure in ("online", "compliant")}


def peer(row: Any, status: Stand | None) -> Peer:
    return Peer(
        municipality=MunicipalityRef(id=row["key"], name=row["name"]),
        region=row["region"],
        inhabitants=row["inhabitants"],
        status=status,
    )
