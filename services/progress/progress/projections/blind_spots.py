"""What most of a municipality's peers have online and of which it recorded nothing itself, and whom of them to ask."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.counting.counters import SERVICE, peer_place, upto
from progress.counting.spread import MOST
from progress.domain.classes import COMPONENTS, SERVICES
from progress.domain.figures import Counts, Figure, counts
from progress.domain.measures import bit
from progress.facts.bitmaps import Bits
from progress.projections import catalogue, neighbours, standing
from progress.projections.cells import STATE_AT, MunicipalityRef, ServiceRef
from progress.projections.headline import sums
from progress.projections.held import online_of, recorded_here
from progress.projections.moment import Answer, Moment, records, rows
from progress.projections.neighbours import Neighbour
from progress.projections.peers import COUNTED_AMONG, RESPONSIBLE, SHOWN, Group, Peer, group_of, peer
from progress.projections.responsible import stamped
from progress.projections.standing import Town


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


USUAL: Final = 0.5
"""More than this share of peers is most of them, and what is kept ready."""
_ASKED: Final = 3
_FIRST: Final = 16
"""So many peers are looked at first, then four times as many, and so on: of what most have, few peers have to be asked."""
_COUNTS: Final = ("recorded", "online", "compliant", "excluded", "demonstration")
_WIDESPREAD: Final = f"""
    SELECT array_agg(service) FROM spread
    WHERE place = :place AND from_on <= :day AND :day < until AND flags & {MOST} <> 0
"""  # noqa: S608 - composed of our own constants
_AMONG: Final = f"""
    SELECT t.service, {sums(_COUNTS)} FROM {upto(SERVICE, latest=True)}
    WHERE t.service = ANY(:services) AND t.place = :place GROUP BY 1
"""  # noqa: S608 - composed of our own constants
_BLIND_SPOTS: Final = f"""
    spots AS (
        SELECT s.id, s.key, s.title, s.theme, responsible.responsible - 1 AS others, counted.*
        FROM services s JOIN responsible ON responsible.service = s.id JOIN counted ON counted.service = s.id
        WHERE s.id = ANY(:services)
          AND counted.online > CAST(:least AS double precision) * (responsible.responsible - 1 - counted.excluded)
          AND responsible.responsible - 1 - counted.excluded > 0
        ORDER BY counted.online::float / (responsible.responsible - 1 - counted.excluded) DESC, s.key
        LIMIT {SHOWN}
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


async def blind_spots(connection: Connection, key: str, moment: Moment, least: float = USUAL) -> BlindSpots:
    """What more than `least` of its peers have online and of which nothing is recorded here. Raises Unknown."""
    town = await standing.town(connection, key, moment)
    ready = moment.latest and least == USUAL
    items, demonstration = await (_now(connection, town, moment) if ready else _then(connection, town, moment, least))
    return BlindSpots(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=town.position,
        demonstration=demonstration,
        municipality=MunicipalityRef(id=town.key, name=town.name),
        group=await group_of(connection, town, moment),
        items=items,
    )


async def _now(connection: Connection, town: Town, moment: Moment) -> tuple[list[BlindSpot], bool]:
    """What is kept ready of the peers, less what is recorded here."""
    known = await catalogue.stamped(connection, town.stamp)
    own = standing.responsible(town, known, moment.as_of) & (known.families[SERVICES] | known.families[COMPONENTS])
    open_here = own & ~await recorded_here(connection, town.id, moment)
    place = peer_place(town.peer_group, town.country)
    [[widespread]] = await records(connection, _WIDESPREAD, place=place, day=moment.as_of)
    spots = [service for service in widespread or () if open_here >> service & 1]
    if not spots:
        return [], False
    of = await stamped(connection, town.stamp)
    found = []
    for row in await records(connection, _AMONG, services=spots, place=place, day=moment.as_of):
        one = known.by_id[row["service"]]
        others = of.among_peers(town.peer_group, town.country, one, moment.as_of) - 1
        found.append((one, Counts(responsible=others, **{name: row[name] for name in _COUNTS})))
    found.sort(key=lambda pair: (-_share(pair[1]), pair[0].key))
    shown = found[:SHOWN]
    asked = await _whom_to_ask(connection, town, [one.id for one, _ in shown], moment)
    return [
        BlindSpot(
            service=ServiceRef(key=one.key, title=one.title),
            theme=one.theme,
            online=others.figure("online", "municipalities"),
            compliant=others.figure("compliant", "municipalities"),
            ask=[_peer(other) for other in asked[one.id]],
        )
        for one, others in shown
    ], any(others.demonstration for _, others in shown)


def _share(others: Counts) -> float:
    return others.online / (others.responsible - others.excluded)


async def _whom_to_ask(
    connection: Connection, town: Town, services: Sequence[int], moment: Moment
) -> dict[int, list[Neighbour]]:
    """Of each service the nearest peers that have it online: of the same region first, then of like size."""
    found: dict[int, list[Neighbour]] = {service: [] for service in services}
    wanted: Bits = sum(1 << service for service in services)
    nearest = (await neighbours.of(connection, town)).nearest(town, moment.as_of)
    at_once = _FIRST
    while wanted and (some := list(islice(nearest, at_once))):
        online = await online_of(connection, [one.id for one in some], moment)
        for one in some:
            for service in _members(online[one.id] & wanted):
                found[service].append(one)
                if len(found[service]) == _ASKED:
                    wanted ^= 1 << service
        at_once *= 4
    return found


def _members(services: Bits) -> list[int]:
    found = []
    while services:
        lowest = services & -services
        found.append(lowest.bit_length() - 1)
        services ^= lowest
    return found


def _peer(one: Neighbour) -> Peer:
    return Peer(
        municipality=MunicipalityRef(id=one.key, name=one.name),
        region=one.region,
        inhabitants=one.inhabitants,
        status=None,
    )


async def _then(connection: Connection, town: Town, moment: Moment, least: float) -> tuple[list[BlindSpot], bool]:
    """What was known on an earlier day, or with another share of the peers: from the rows."""
    candidates = [row["id"] for row in await rows(connection, _NOT_RECORDED, authority=town.id, **moment.parameters)]
    found = await rows(
        connection,
        f"WITH responsible AS ({RESPONSIBLE}), counted AS ({COUNTED_AMONG[moment.latest]}), {_BLIND_SPOTS}",
        authority=town.id,
        group=town.peer_group,
        services=candidates,
        least=least,
        **moment.parameters,
    )
    return [_spot(row) for row in found], any(row["demonstration"] for row in found)


def _spot(row: Any) -> BlindSpot:
    others = counts({**row, "responsible": row["others"]})
    return BlindSpot(
        service=ServiceRef(key=row["key"], title=row["title"]),
        theme=row["theme"],
        online=others.figure("online", "municipalities"),
        compliant=others.figure("compliant", "municipalities"),
        ask=[peer(one, None) for one in msgspec.json.decode(row["peers"] or "[]")],
    )
