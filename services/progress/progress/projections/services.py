"""How far one service is everywhere: in how many of the municipalities responsible for it, where, with which solutions."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from events.log.connect import Connection
from progress.counting.contributions import COUNTED
from progress.counting.counters import SERVICE, SOLUTION, upto
from progress.domain.figures import Counts, Figure, total
from progress.domain.measures import bit
from progress.projections import parts, trends
from progress.projections.cells import STATE_AT, MunicipalityRef, Stand, stand
from progress.projections.headline import sums
from progress.projections.moment import Answer, Moment, Unknown, records, row, rows
from progress.projections.parts import Part, has_regions, titled
from progress.projections.responsible import Share, stamped
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


_FIND: Final = """
    SELECT s.*, (SELECT stamp FROM versions), (SELECT coalesce(min(position), 0) FROM followers) AS position
    FROM services s WHERE s.key = :key
"""
_COUNTS: Final = f"""
    SELECT t.place, NULL::date AS month, {sums(COUNTED)} FROM {upto(SERVICE, latest=True)}
    WHERE t.service = :service AND t.place = ANY(:places) GROUP BY 1
    UNION ALL
    SELECT NULL, t.month, {sums(COUNTED)} FROM {SERVICE.name}_months t
    WHERE t.service = :service AND t.place = :country AND t.month < date_trunc('month', CAST(:day AS date))::date GROUP BY 2
    ORDER BY 2
"""  # noqa: S608 - composed of our own constants
_SOLUTIONS: Final = {
    latest: f"""
    SELECT o.key, o.name, u.municipalities
    FROM solutions o CROSS JOIN LATERAL (
        SELECT sum(t.online)::bigint AS municipalities FROM {upto(SOLUTION, latest=latest)}
        WHERE t.solution = o.id AND t.service = :service AND t.place = :country) u
    WHERE o.services @> ARRAY[CAST(:key AS text)] AND u.municipalities > 0
    ORDER BY u.municipalities DESC, o.key"""  # noqa: S608 - composed of our own constants
    for latest in (True, False)
}
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
    found = await _find(connection, key)
    return found.id, _known(found)


async def _find(connection: Connection, key: str) -> Any:
    found = await row(connection, _FIND, key=key)
    if found is None:
        raise Unknown("service", key)
    return found


def _known(found: Any) -> KnownService:
    return KnownService(
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
    found = await _find(connection, key)
    counted = await (_now if moment.latest else _then)(connection, found, moment)
    used = await rows(
        connection,
        _SOLUTIONS[moment.latest],
        service=found.id,
        country=found.country,
        key=key,
        **moment.parameters,
    )
    whole = counted.everywhere
    return Service(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=found.position,
        demonstration=whole.demonstration > 0,
        service=_known(found),
        online=whole.figure("online", UNIT),
        compliant=whole.figure("compliant", UNIT),
        counts=whole,
        inhabitants=Weighted(online=whole.people_figure("online"), compliant=whole.people_figure("compliant")),
        everywhere=parts.everywhere(whole),
        regions=[parts.part(place, titled(place), one, UNIT) for place, one in counted.regions.items()],
        everywhere_in=[place for place, one in counted.regions.items() if parts.everywhere(one)],
        solutions=[
            UsedSolution(slug=one["key"], name=one["name"], municipalities=one["municipalities"]) for one in used
        ],
        trend=counted.trend,
    )


class _Counted(NamedTuple):
    everywhere: Counts
    regions: dict[str, Counts]
    trend: list[trends.TrendPoint]


async def _now(connection: Connection, found: Any, moment: Moment) -> _Counted:
    """What is known now: sums of one service's rows in its regions, denominators from memory."""
    of = await stamped(connection, found.stamp)
    there = of.of_service(found, moment.as_of)
    counted = await records(
        connection,
        _COUNTS,
        service=found.id,
        places=[found.country, *there],
        country=found.country,
        day=moment.as_of,
    )
    by_place = {row["place"]: row for row in counted if row["place"] is not None}
    regions = {
        place: _counts(by_place.get(place), there[place]) for place in sorted(there) if not has_regions(place, there)
    }
    everywhere = _counts(by_place.get(found.country), _total(there))
    trend = trends.points(
        moment,
        [row for row in counted if row["month"] is not None],
        everywhere,
        lambda day: of.everywhere(found, day),
        UNIT,
    )
    return _Counted(everywhere, regions, trend)


async def _then(connection: Connection, found: Any, moment: Moment) -> _Counted:
    """What was known on an earlier day."""
    regions = await parts.by_service(connection, [found.id], moment)
    everywhere = await parts.by_service(connection, [found.id], moment, [found.country])
    return _Counted(
        total(one.counts for one in everywhere),
        {one.region: one.counts for one in regions},
        await trends.of_service(connection, found.id, moment),
    )


def _counts(row: asyncpg.Record | None, share: Share) -> Counts:
    counted = {} if row is None else {name: row[name] for name in COUNTED}
    return Counts(responsible=share.responsible, people=share.people, **counted)


def _total(shares: Mapping[str, Share]) -> Share:
    return Share(sum(one.responsible for one in shares.values()), sum(one.people for one in shares.values()))


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
