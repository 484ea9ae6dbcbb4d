"""What most of a municipality's peers have online and of which it recorded nothing itself, and whom of them to ask."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import asyncpg
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
from progress.projections.held import EXCLUDED, ONLINE, RECORDED, Held, bitmaps_of, held_in
from progress.projections.moment import Answer, Moment, agree, at_once, in_snapshot, rows, with_state
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
_OF_ANY: Final = (RECORDED, EXCLUDED)
_OF_ONLINE: Final = (ONLINE,)
_COUNTS: Final = ("recorded", "online", "compliant", "excluded", "demonstration")
_WIDESPREAD: Final = standing.town_with(
    f"ARRAY(SELECT ROW(authority, measure, kept) FROM ({bitmaps_of('(SELECT me.id)')}) held)",  # noqa: S608 - our own constants
    f"""ARRAY(SELECT service FROM spread
              WHERE place = 'peer:' || me.peer_group || '@' || me.country
                AND from_on <= :day AND :day < until AND flags & {MOST} <> 0)""",  # noqa: S608 - our own constants
)
"""A municipality, what it recorded itself, and what is widespread among its peers."""
_AMONG: Final = with_state(f"""
    SELECT NULL AS authority, NULL AS measure, NULL AS kept, t.service, {sums(_COUNTS)}
    FROM {upto(SERVICE, latest=True)} WHERE t.service = ANY(:services) AND t.place = :place GROUP BY t.service
    UNION ALL
    SELECT authority, measure, kept, NULL{", NULL" * len(_COUNTS)}
    FROM ({bitmaps_of("unnest(CAST(:authorities AS integer[]))")}) held
""")  # noqa: S608 - composed of our own constants
"""How many peers have these services online, and what some peers have."""
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
    ready = moment.latest and least == USUAL
    town, items, demonstration = await (
        _now(connection, key, moment) if ready else _then(connection, key, moment, least)
    )
    return BlindSpots(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=town.position,
        demonstration=demonstration,
        municipality=MunicipalityRef(id=town.key, name=town.name),
        group=await group_of(connection, town, moment),
        items=items,
    )


async def _now(connection: Connection, key: str, moment: Moment) -> tuple[Town, list[BlindSpot], bool]:
    """What is kept ready of the peers, less what is recorded here."""
    town, (bitmaps, widespread) = await standing.more_of(connection, _WIDESPREAD, key, moment, measures=_OF_ANY)
    known = await catalogue.stamped(connection, town.stamp)
    of = await stamped(connection, town.stamp)
    held = held_in(bitmaps)[town.id]
    own = standing.responsible(town, known, moment.as_of) & (known.families[SERVICES] | known.families[COMPONENTS])
    open_here = own & ~held[RECORDED] & ~held[EXCLUDED]
    spots = [service for service in widespread if open_here >> service & 1]
    if not spots:
        return town, [], False
    nearest = (await neighbours.of(connection, town)).nearest(town, moment.as_of)
    first = list(islice(nearest, _FIRST))
    rows, online = await _look(connection, town, spots, first, moment)
    found = []
    for row in rows:
        one = known.by_id[row["service"]]
        others = of.among_peers(town.peer_group, town.country, one, moment.as_of) - 1
        found.append((one, Counts(responsible=others, **{name: row[name] for name in _COUNTS})))
    found.sort(key=lambda pair: (-_share(pair[1]), pair[0].key))
    shown = found[:SHOWN]
    asked = _Asked([one.id for one, _ in shown])
    asked.among(first, online)
    many = _FIRST
    while asked.wanted and (some := list(islice(nearest, many := many * 4))):
        asked.among(some, (await _look(connection, town, [], some, moment))[1])
    spots_ = [
        BlindSpot(
            service=ServiceRef(key=one.key, title=one.title),
            theme=one.theme,
            online=others.figure("online", "municipalities"),
            compliant=others.figure("compliant", "municipalities"),
            ask=[_peer(other) for other in asked.found[one.id]],
        )
        for one, others in shown
    ]
    return town, spots_, any(others.demonstration for _, others in shown)


def _share(others: Counts) -> float:
    return others.online / (others.responsible - others.excluded)


async def _look(
    connection: Connection, town: Town, services: Sequence[int], some: Sequence[Neighbour], moment: Moment
) -> tuple[list[asyncpg.Record], Mapping[int, Held]]:
    """How many of the peers have these services online; and what each of some has. Of the same state as the municipality."""
    found = await at_once(
        connection,
        _AMONG,
        services=services,
        place=peer_place(town.peer_group, town.country),
        authorities=[one.id for one in some],
        measures=_OF_ONLINE,
        day=moment.as_of,
    )
    agree((found[0]["stamp"], found[0]["position"]), (town.stamp, town.position))
    bitmaps = [(row["authority"], row["measure"], row["kept"]) for row in found if row["authority"] is not None]
    return [row for row in found if row["service"] is not None], held_in(bitmaps)


class _Asked:
    """Of each service the first few peers that have it online, of those looked at one after the other."""

    def __init__(self, services: Sequence[int]) -> None:
        self.found: Final[dict[int, list[Neighbour]]] = {service: [] for service in services}
        self.wanted: Bits = sum(1 << service for service in services)

    def among(self, some: Sequence[Neighbour], held: Mapping[int, Held]) -> None:
        """Look at the next ones: of the same region first, then of like size."""
        for one in some:
            for service in _members(held[one.id][ONLINE] & self.wanted):
                self.found[service].append(one)
                if len(self.found[service]) == _ASKED:
                    self.wanted ^= 1 << service


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


async def _then(connection: Connection, key: str, moment: Moment, least: float) -> tuple[Town, list[BlindSpot], bool]:
    """What was known on an earlier day, or with another share of the peers: from the rows."""
    in_snapshot(connection)
    town = await standing.town(connection, key, moment)
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
    return town, [_spot(row) for row in found], any(row["demonstration"] for row in found)


def _spot(row: Any) -> BlindSpot:
    others = counts({**row, "responsible": row["others"]})
    return BlindSpot(
        service=ServiceRef(key=row["key"], title=row["title"]),
        theme=row["theme"],
        online=others.figure("online", "municipalities"),
        compliant=others.figure("compliant", "municipalities"),
        ask=[peer(one, None) for one in msgspec.json.decode(row["peers"] or "[]")],
    )
