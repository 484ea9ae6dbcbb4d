"""How far one service is everywhere: in how many of the municipalities responsible for it, where, with which solutions."""

from typing import Final

import msgspec

from events.log.connect import Connection
from progress.domain.figures import Counts, Figure, total
from progress.domain.measures import bit
from progress.projections import parts, trends
from progress.projections.cells import STATE_AT, MunicipalityRef, Stand, stand
from progress.projections.moment import Answer, Moment, Unknown, position, row, rows
from progress.projections.parts import Part, titled
from progress.projections.whole import Weighted

UNIT: Final = "municipalities"


class KnownService(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a service itself."""

    key: str
    title: str
    kind: str
    level: str
    theme: str
    bundle: str | None
    countable: bool


class UsedSolution(msgspec.Struct, frozen=True, kw_only=True):
    """A solution with which municipalities have the service online."""

    slug: str
    name: str
    municipalities: int


class Service(Answer, frozen=True, kw_only=True):
    """The state of one service."""

    service: KnownService
    online: Figure
    compliant: Figure
    counts: Counts
    inhabitants: Weighted
    everywhere: bool
    """Online in every municipality that is responsible for it (flächendeckend)."""
    regions: list[Part]
    everywhere_in: list[str]
    """The regions in which every municipality responsible for it has it online."""
    solutions: list[UsedSolution]
    trend: list[trends.TrendPoint]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One municipality's status for the service."""

    municipality: MunicipalityRef
    region: str
    inhabitants: int | None
    status: Stand | None


_FIND: Final = "SELECT * FROM services WHERE key = :key"
_COUNTRY: Final = "SELECT country FROM services WHERE id = :service"
_SOLUTIONS: Final = f"""
    SELECT o.key, o.name, count(*) AS municipalities
    FROM solutions o
    JOIN LATERAL (
        SELECT DISTINCT e.authority FROM recordings e WHERE e.solution = o.id AND e.service = :service
    ) named ON true
    JOIN LATERAL (
        SELECT e.bits, e.solution FROM recordings e
        WHERE e.authority = named.authority AND e.service = :service AND {STATE_AT}
        ORDER BY e.position DESC LIMIT 1
    ) r ON r.solution = o.id AND r.bits & {bit("online")} <> 0
    WHERE o.services @> ARRAY[CAST(:key AS text)]
    GROUP BY o.key, o.name ORDER BY municipalities DESC, o.key
"""  # noqa: S608 - composed of our own constants
_PLACES: Final = f"""
    SELECT a.key, a.name, a.region, a.inhabitants, r.*, c.confirmed_on, o.key AS solution_key
    FROM (
        SELECT a.* FROM authorities a JOIN services s ON s.id = :service
        WHERE (CAST(:region AS text) IS NULL OR a.region = :region OR a.country = :region)
          AND a.since <= :day AND :day < a.gone_on
          AND (a.levels & s.delivered_by <> 0 AND a.country = s.country)::int + coalesce((
              SELECT sum(o.weight) FROM overrides o
              WHERE o.authority = a.id AND o.service = s.id AND o.from_on <= :day AND :day < o.until
                AND o.known_from <= :known AND :known < o.known_until), 0) = 1
          AND (CAST(:name AS text) IS NULL OR (a.name, a.key) > (:name, :after_key))
    ) a
    LEFT JOIN LATERAL (
        SELECT e.* FROM recordings e WHERE e.authority = a.id AND e.service = :service AND {STATE_AT}
        ORDER BY e.position DESC LIMIT 1
    ) r ON true
    LEFT JOIN solutions o ON o.id = r.solution
    LEFT JOIN confirmations c ON c.authority = a.id AND c.service = :service
         AND c.confirmed_on >= r.effective_on AND c.confirmed_on <= least(CAST(:day AS date), CAST(:known AS date))
    WHERE (NOT :online OR r.bits & {bit("online")} <> 0)
    ORDER BY a.name, a.key LIMIT :limit
"""  # noqa: S608 - composed of our own constants


async def find(connection: Connection, key: str) -> tuple[int, KnownService]:
    """By its key. Raises Unknown."""
    found = await row(connection, _FIND, key=key)
    if found is None:
        raise Unknown("service", key)
    return found.id, KnownService(
        key=found.key,
        title=found.title,
        kind=found.kind,
        level=found.level,
        theme=found.theme,
        bundle=found.bundle,
        countable=found.countable,
    )


async def service(connection: Connection, key: str, moment: Moment) -> Service:
    """One service. Raises Unknown."""
    number, known = await find(connection, key)
    country = (await rows(connection, _COUNTRY, service=number))[0]["country"]
    regions = await parts.by_service(connection, [number], moment)
    sums = total(one.counts for one in await parts.by_service(connection, [number], moment, [country]))
    used = await rows(connection, _SOLUTIONS, service=number, key=key, **moment.parameters)
    return Service(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=sums.demonstration > 0,
        service=known,
        online=sums.figure("online", UNIT),
        compliant=sums.figure("compliant", UNIT),
        counts=sums,
        inhabitants=Weighted(online=sums.people_figure("online"), compliant=sums.people_figure("compliant")),
        everywhere=parts.everywhere(sums),
        regions=[parts.part(one.region, titled(one.region), one.counts, UNIT) for one in regions],
        everywhere_in=[one.region for one in regions if parts.everywhere(one.counts)],
        solutions=[
            UsedSolution(slug=one["key"], name=one["name"], municipalities=one["municipalities"]) for one in used
        ],
        trend=await trends.of_service(connection, number, moment),
    )


async def places(
    connection: Connection,
    number: int,
    moment: Moment,
    *,
    region: str | None,
    online: bool,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Place]:
    """The municipalities responsible for a service, by name, with their status; perhaps only those that have it online."""
    name, key = after or (None, None)
    found = await rows(
        connection,
        _PLACES,
        service=number,
        region=region,
        online=online,
        name=name,
        after_key=key,
        limit=limit,
        **moment.parameters,
    )
    return [
        Place(
            municipality=MunicipalityRef(id=one["key"], name=one["name"]),
            region=one["region"],
            inhabitants=one["inhabitants"],
            status=stand(one),
        )
        for one in found
    ]
