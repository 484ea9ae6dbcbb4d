"""Who is comparable: same levels, same size class, with or without an administration of its own; same region first."""

from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.counting.counters import SERVICE, upto
from progress.domain.classes import level_names, size_label, split_peer_group
from progress.domain.figures import Figure, counts
from progress.domain.measures import bit
from progress.projections import services
from progress.projections.cells import STATE_AT, MunicipalityRef, ServiceRef, Stand, stand
from progress.projections.moment import Answer, Moment, position, rows
from progress.projections.municipalities import find


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


class BlindSpot(msgspec.Struct, frozen=True, kw_only=True):
    """A service of which nothing is recorded here, but which most peers have online; `ask` names some of them."""

    service: ServiceRef
    theme: str
    online: Figure
    compliant: Figure
    ask: list[Peer]


class BlindSpots(Answer, frozen=True, kw_only=True):
    """All of them, the most widespread first."""

    municipality: MunicipalityRef
    group: Group
    items: list[BlindSpot]


_SHOWN: Final = 50
_SUMS: Final = ", ".join(f"sum(t.{name})::bigint AS {name}" for name in SERVICE.measures)
_GROUP: Final = """
    SELECT me.peer_group, (SELECT count(*) FROM authorities p
        WHERE p.peer_group = me.peer_group AND p.id <> me.id AND p.country = me.country
          AND p.since <= :day AND :day < p.gone_on) AS municipalities
    FROM authorities me WHERE me.id = :authority
"""
_RESPONSIBLE: Final = """
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
_COUNTED: Final = {
    latest: f"SELECT t.service, {_SUMS} FROM {upto(SERVICE, latest=latest)} WHERE t.place = {_PLACE} GROUP BY t.service"  # noqa: S608 - composed of our own constants
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
    LIMIT {_SHOWN}
"""  # noqa: S608 - composed of our own constants
_BLIND_SPOTS: Final = f"""
    spots AS (
        SELECT s.id, s.key, s.title, s.theme, responsible.responsible - 1 AS others, counted.*
        FROM services s JOIN responsible ON responsible.service = s.id JOIN counted ON counted.service = s.id
        WHERE s.id = ANY(:services)
          AND counted.online > :least * (responsible.responsible - 1 - counted.excluded)
          AND responsible.responsible - 1 - counted.excluded > 0
        ORDER BY counted.online::float / (responsible.responsible - 1 - counted.excluded) DESC, s.key
        LIMIT {_SHOWN}
    )
    SELECT spots.*, asked.peers
    FROM spots CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('key', p.key, 'name', p.name, 'region', p.region,
                         'inhabitants', p.inhabitants))::text AS peers
        FROM (
            SELECT a.key, a.name, a.region, a.inhabitants
            FROM authorities me
            JOIN authorities a ON a.peer_group = me.peer_group AND a.country = me.country AND a.id <> me.id
                 AND a.since <= :day AND :day < a.gone_on
            JOIN LATERAL (
                SELECT e.bits FROM recordings e WHERE e.authority = a.id AND e.service = spots.id AND {STATE_AT}
                ORDER BY e.position DESC LIMIT 1
            ) r ON r.bits & {bit("online")} <> 0
            WHERE me.id = :authority
            ORDER BY a.region = me.region DESC, abs(a.inhabitants - me.inhabitants), a.key LIMIT 3
        ) p
    ) asked
    ORDER BY spots.online::float / (spots.others - spots.excluded) DESC, spots.key
"""  # noqa: S608 - composed of our own constants
_NOT_RECORDED: Final = """
    SELECT s.id FROM authorities me CROSS JOIN services s
    WHERE me.id = :authority AND s.family < 2 AND s.since <= :day AND :day < s.withdrawn_on
      AND (me.levels & s.delivered_by <> 0 AND me.country = s.country)::int + coalesce((
          SELECT sum(o.weight) FROM overrides o
          WHERE o.authority = me.id AND o.service = s.id AND o.from_on <= :day AND :day < o.until
            AND o.known_from <= :known AND :known < o.known_until), 0) = 1
      AND coalesce((SELECT e.bits FROM recordings e
                    WHERE e.authority = me.id AND e.service = s.id AND e.effective_on <= :day AND :day < e.until
                      AND e.recorded_on <= :known ORDER BY e.position DESC LIMIT 1), 0) = 0
"""


async def peers(connection: Connection, key: str, service: str | None, moment: Moment) -> Peers:
    """Who is comparable, and who of them has the service online, with which solution. Raises Unknown."""
    authority, known = await find(connection, key)
    number, about = await services.find(connection, service) if service else (None, None)
    common, group = await _group(connection, authority, moment)
    figures = await _figures(connection, authority, group, number, moment) if number is not None else {}
    found = await rows(connection, _PEERS, authority=authority, service=number, **moment.parameters)
    return Peers(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=any(row["bits"] is not None and row["bits"] & bit("demonstration") for row in found),
        municipality=MunicipalityRef(id=known.id, name=known.name),
        group=common,
        service=None if about is None else ServiceRef(key=about.key, title=about.title),
        online=figures.get("online"),
        compliant=figures.get("compliant"),
        items=[_peer(row, stand(row)) for row in found],
    )


async def blind_spots(connection: Connection, key: str, moment: Moment, least: float = 0.5) -> BlindSpots:
    """What more than `least` of its peers have online and of which nothing is recorded here. Raises Unknown."""
    authority, known = await find(connection, key)
    common, group = await _group(connection, authority, moment)
    candidates = [row["id"] for row in await rows(connection, _NOT_RECORDED, authority=authority, **moment.parameters)]
    found = await rows(
        connection,
        f"WITH responsible AS ({_RESPONSIBLE}), counted AS ({_COUNTED[moment.latest]}), {_BLIND_SPOTS}",
        authority=authority,
        group=group,
        services=candidates,
        least=least,
        **moment.parameters,
    )
    return BlindSpots(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=any(row["demonstration"] for row in found),
        municipality=MunicipalityRef(id=known.id, name=known.name),
        group=common,
        items=[_spot(row) for row in found],
    )


async def _group(connection: Connection, authority: int, moment: Moment) -> tuple[Group, int]:
    (found,) = await rows(connection, _GROUP, authority=authority, day=moment.as_of)
    levels, size, own = split_peer_group(found["peer_group"])
    names: list[str] = list(level_names(levels))
    count = found["municipalities"]
    return Group(levels=names, size_class=size_label(size), own_administration=own, municipalities=count), found[
        "peer_group"
    ]


async def _figures(
    connection: Connection, authority: int, group: int, service: int, moment: Moment
) -> dict[str, Figure]:
    """Of the whole group, the municipality itself included."""
    found = await rows(
        connection,
        f"SELECT * FROM ({_RESPONSIBLE}) r LEFT JOIN ({_COUNTED[moment.latest]}) c USING (service) WHERE service = :service",  # noqa: S608 - composed of our own constants
        authority=authority,
        group=group,
        service=service,
        **moment.parameters,
    )
    if not found:
        return {}
    one = counts(found[0])
    return {measure: one.figure(measure, "municipalities") for measure in ("online", "compliant")}


def _peer(row: Any, status: Stand | None) -> Peer:
    return Peer(
        municipality=MunicipalityRef(id=row["key"], name=row["name"]),
        region=row["region"],
        inhabitants=row["inhabitants"],
        status=status,
    )


def _spot(row: Any) -> BlindSpot:
    others = counts({**row, "responsible": row["others"]})
    return BlindSpot(
        service=ServiceRef(key=row["key"], title=row["title"]),
        theme=row["theme"],
        online=others.figure("online", "municipalities"),
        compliant=others.figure("compliant", "municipalities"),
        ask=[_peer(one, None) for one in msgspec.json.decode(row["peers"] or "[]")],
    )
