"""What is open to a municipality now: solutions for what it is responsible for and has not online."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.domain.measures import bit
from progress.facts.recordings import PHASES
from progress.projections.cells import PAIRS, STATE_AT, MunicipalityRef
from progress.projections.moment import Answer, Moment, position, rows
from progress.projections.municipalities import find
from progress.projections.solutions import Offer, demonstrated, offer


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

_OPEN: Final = f"""
WITH {PAIRS}, lacking AS (
    SELECT s.key, s.title, s.theme, r.phase
    FROM pairs p JOIN services s ON s.id = p.service
    LEFT JOIN states r ON r.authority = p.provider AND r.service = p.service
    WHERE p.own AND (r.bits IS NULL OR r.bits & {bit("online") | bit("excluded")} = 0)
), used AS (
    SELECT DISTINCT r.solution FROM states r JOIN me ON me.id = r.authority
    WHERE r.solution IS NOT NULL AND r.phase = ANY(:in_use)
), open AS (
    SELECT DISTINCT ON (v.solution) v.*, o.key, o.name, o.facts, o.services
    FROM me
    JOIN availabilities v ON v.region IN (me.region, me.country) AND (v.members IS NULL OR me.key = ANY(v.members))
    JOIN solutions o ON o.id = v.solution
    WHERE v.from_on <= :day AND :day < v.until AND :day < o.withdrawn_on
      AND NOT EXISTS (SELECT FROM used WHERE used.solution = v.solution)
    ORDER BY v.solution, length(v.region) DESC, v.position DESC
)
SELECT o.*, l.services AS lacking, u.municipalities, u.in_region, u.peers
FROM open o
JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('key', l.key, 'title', l.title, 'theme', l.theme, 'phase', l.phase)
                     ORDER BY l.title, l.key)::text AS services
    FROM lacking l WHERE l.key = ANY(o.services)
) l ON l.services IS NOT NULL
CROSS JOIN LATERAL (
    SELECT count(*) AS municipalities, count(*) FILTER (WHERE a.region = me.region) AS in_region,
           count(*) FILTER (WHERE a.peer_group = me.peer_group) AS peers
    FROM authorities me
    CROSS JOIN (SELECT DISTINCT e.authority FROM recordings e WHERE e.solution = o.solution) n
    JOIN authorities a ON a.id = n.authority AND :day < a.gone_on
    WHERE me.id = :authority AND EXISTS (
        SELECT FROM recordings e
        WHERE e.authority = n.authority AND e.solution = o.solution AND e.bits & {bit("live")} <> 0 AND {STATE_AT}
          AND NOT EXISTS (SELECT FROM recordings later
                          WHERE later.authority = e.authority AND later.service = e.service AND later.position > e.position
                            AND later.effective_on <= :day AND :day < later.until AND later.recorded_on <= :known))
) u
ORDER BY u.peers DESC, u.municipalities DESC, o.name, o.key
"""  # noqa: S608 - composed of our own constants


async def opportunities(connection: Connection, key: str, moment: Moment) -> Opportunities:
    """What is open to one municipality. Raises Unknown."""
    authority, known = await find(connection, key)
    found = await rows(connection, _OPEN, authority=authority, in_use=_IN_USE, **moment.parameters)
    items = [_opportunity(row) for row in found]
    return Opportunities(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=any(one.demonstration for one in items),
        municipality=MunicipalityRef(id=known.id, name=known.name),
        items=items,
    )


class _Row(msgspec.Struct, frozen=True):
    key: str
    title: str
    theme: str
    phase: int | None


def _opportunity(row: Mapping[str, Any]) -> Opportunity:
    lacking = msgspec.json.decode(row["lacking"], type=list[_Row])
    return Opportunity(
        slug=row["key"],
        name=row["name"],
        solution=msgspec.json.decode(row["facts"] or "{}"),
        availability=offer(row),
        services=[
            Lacking(
                key=one.key,
                title=one.title,
                theme=one.theme,
                phase=None if one.phase is None else PHASES[one.phase],
            )
            for one in lacking
        ],
        users=Users(municipalities=row["municipalities"], in_region=row["in_region"], peers=row["peers"]),
        demonstration=demonstrated(row["facts"]),
    )
