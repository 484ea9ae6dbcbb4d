"""What is open to a municipality now: solutions for what it is responsible for and has not online."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.domain.measures import bit
from progress.facts.recordings import PHASES
from progress.projections import standing
from progress.projections.catalogue import Service
from progress.projections.cells import STATE_AT, MunicipalityRef
from progress.projections.held import EXCLUDED, ONLINE, held_by
from progress.projections.moment import Answer, Moment, records, rows
from progress.projections.solutions import Offer, demonstrated, offer
from progress.projections.standing import Town


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """A service it has not online; `phase` is null where nothing is recorded."""

    key: str
    title: str
    theme: str
    phase: str | None


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """How many use it already."""

    municipalities: int
    in_region: int
    peers: int


class Opportunity(msgspec.Struct, frozen=True, kw_only=True):
    """A solution open to it, on these terms, for these services."""

    slug: str
    name: str
    solution: dict[str, Any]
    availability: Offer
    services: list[Lacking]
    users: Users
    demonstration: bool


class Opportunities(Answer, frozen=True, kw_only=True):
    """All of them, those that most peers use first."""

    municipality: MunicipalityRef
    items: list[Opportunity]


_IN_USE: Final = [PHASES.index(phase) for phase in ("in_implementation", "pilot", "live")]
"""The phases in which a solution named in a status is in use, or its use has been decided."""

_OPEN: Final = """
    SELECT DISTINCT ON (v.solution) v.*, o.key, o.name, o.facts, o.services
    FROM availabilities v JOIN solutions o ON o.id = v.solution
    WHERE v.region IN (:region, :country) AND (v.members IS NULL OR :key = ANY(v.members))
      AND v.from_on <= :day AND :day < v.until AND :day < o.withdrawn_on
    ORDER BY v.solution, length(v.region) DESC, v.position DESC
"""
_USED_HERE: Final = f"""
    SELECT n.service, r.solution
    FROM (SELECT DISTINCT service FROM recordings WHERE authority = :authority AND solution = ANY(:solutions)) n
    JOIN LATERAL (
        SELECT e.solution, e.phase FROM recordings e
        WHERE e.authority = :authority AND e.service = n.service AND {STATE_AT} ORDER BY e.position DESC LIMIT 1
    ) r ON r.solution = ANY(:solutions) AND r.phase = ANY(:in_use)
"""  # noqa: S608 - composed of our own constants
_PHASES: Final = f"""
    SELECT n.service, r.phase
    FROM unnest(CAST(:services AS integer[])) n (service)
    JOIN LATERAL (
        SELECT e.phase FROM recordings e
        WHERE e.authority = :authority AND e.service = n.service AND {STATE_AT} ORDER BY e.position DESC LIMIT 1
    ) r ON true
"""  # noqa: S608 - composed of our own constants
_USERS: Final = f"""
    SELECT o.id, count(*) AS municipalities, count(*) FILTER (WHERE a.region = :region) AS in_region,
           count(*) FILTER (WHERE a.peer_group = :group) AS peers
    FROM unnest(CAST(:solutions AS integer[])) o (id)
    CROSS JOIN LATERAL (SELECT DISTINCT e.authority FROM recordings e WHERE e.solution = o.id) n
    JOIN authorities a ON a.id = n.authority AND :day < a.gone_on
    WHERE EXISTS (
        SELECT FROM recordings e
        WHERE e.authority = n.authority AND e.solution = o.id AND e.bits & {bit("live")} <> 0 AND {STATE_AT}
          AND NOT EXISTS (SELECT FROM recordings later
                          WHERE later.authority = e.authority AND later.service = e.service AND later.position > e.position
                            AND later.effective_on <= :day AND :day < later.until AND later.recorded_on <= :known))
    GROUP BY o.id
"""  # noqa: S608 - composed of our own constants


async def opportunities(connection: Connection, key: str, moment: Moment) -> Opportunities:
    """What is open to one municipality. Raises Unknown."""
    town = await standing.town(connection, key, moment)
    items = await _items(connection, town, moment) if town.exists(moment.as_of) else []
    return Opportunities(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=town.position,
        demonstration=any(one.demonstration for one in items),
        municipality=MunicipalityRef(id=town.key, name=town.name),
        items=items,
    )


async def _items(connection: Connection, town: Town, moment: Moment) -> list[Opportunity]:
    catalogue = await standing.catalogue_of(connection, town)
    own = standing.responsible(town, catalogue, moment.as_of)
    held = (await held_by(connection, [town.id], moment))[town.id]
    lacking = own & ~(held[ONLINE] | held[EXCLUDED])
    candidates = await rows(connection, _OPEN, region=town.region, country=town.country, key=town.key, day=moment.as_of)
    services = {
        one["solution"]: [number for key in one["services"] if lacking >> (number := catalogue.ids.get(key, 0)) & 1]
        for one in candidates
    }
    used = {
        row["solution"]
        for row in await records(
            connection,
            _USED_HERE,
            authority=town.id,
            solutions=[solution for solution, several in services.items() if several],
            in_use=_IN_USE,
            **moment.parameters,
        )
        if own >> row["service"] & 1
    }
    found = [one for one in candidates if services[one["solution"]] and one["solution"] not in used]
    phases = await _phases(connection, town, {number for one in found for number in services[one["solution"]]}, moment)
    users = await _users(connection, town, [one["solution"] for one in found], moment)
    items = [
        _opportunity(one, [catalogue.by_id[number] for number in services[one["solution"]]], phases, users)
        for one in found
    ]
    return sorted(items, key=lambda one: (-one.users.peers, -one.users.municipalities, one.name, one.slug))


async def _phases(connection: Connection, town: Town, services: Collection[int], moment: Moment) -> dict[int, str]:
    found = await records(connection, _PHASES, authority=town.id, services=sorted(services), **moment.parameters)
    return {service: PHASES[phase] for service, phase in found if phase is not None}


async def _users(connection: Connection, town: Town, solutions: Sequence[int], moment: Moment) -> dict[int, Users]:
    found = await records(
        connection, _USERS, solutions=solutions, region=town.region, group=town.peer_group, **moment.parameters
    )
    return {
        row["id"]: Users(municipalities=row["municipalities"], in_region=row["in_region"], peers=row["peers"])
        for row in found
    }


def _opportunity(
    row: Mapping[str, Any], lacking: Sequence[Service], phases: Mapping[int, str], users: Mapping[int, Users]
) -> Opportunity:
    return Opportunity(
        slug=row["key"],
        name=row["name"],
        solution=msgspec.json.decode(row["facts"] or "{}"),
        availability=offer(row),
        services=[
            Lacking(key=one.key, title=one.title, theme=one.theme, phase=phases.get(one.id))
            for one in sorted(lacking, key=lambda one: one.by_title)
        ],
        users=users.get(row["solution"], Users(municipalities=0, in_region=0, peers=0)),
        demonstration=demonstrated(row["facts"]),
    )
