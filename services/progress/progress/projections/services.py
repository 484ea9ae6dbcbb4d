"""How far one service is everywhere: in how many of the municipalities responsible for it, where, with which solutions."""

from collections.abc import Mapping
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple

import asyncpg
import msgspec

from events.log.connect import Connection
from progress.counting.contributions import COUNTED
from progress.counting.counters import SERVICE, SOLUTION, upto
from progress.domain.figures import Counts, Figure, total
from progress.domain.measures import bit
from progress.projections import parts, trends
from progress.projections.catalogue import Catalogue, supposed
from progress.projections.catalogue import Service as Listed
from progress.projections.cells import STATE_AT, MunicipalityRef, Stand, stand
from progress.projections.headline import sums
from progress.projections.moment import (
    Answer,
    Moment,
    Unknown,
    agree,
    at_once,
    in_snapshot,
    position,
    records,
    rows,
    with_state,
)
from progress.projections.parts import Part, has_regions, titled
from progress.projections.responsible import stamped
from progress.projections.shares import Share
from progress.projections.trends import LINE
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


_SOLUTIONS: Final = {
    latest: f"""
    SELECT o.key, o.name, u.municipalities
    FROM solutions o CROSS JOIN LATERAL (
        SELECT sum(t.online)::bigint AS municipalities FROM {upto(SOLUTION, latest=latest)}
        WHERE t.solution = o.id AND t.service = :service AND t.place = :country) u
    WHERE o.services @> ARRAY[CAST(:key AS text)] AND u.municipalities > 0"""  # noqa: S608 - our own constants
    for latest in (True, False)
}
_COUNTS: Final = with_state(f"""
    SELECT 'place' AS part, t.place AS key, NULL AS name, NULL::date AS month, {sums(COUNTED)}
    FROM {upto(SERVICE, latest=True)} WHERE t.service = :service AND t.place = ANY(:places) GROUP BY t.place
    UNION ALL
    SELECT 'month', NULL, NULL, t.month, {", ".join(f"t.{name}" if name in LINE else "NULL" for name in COUNTED)}
    FROM {SERVICE.name}_months t
    WHERE t.service = :service AND t.place = :country AND t.month < date_trunc('month', CAST(:day AS date))::date
    UNION ALL
    SELECT 'solution', key, name, NULL, {", ".join("municipalities" if name == "online" else "NULL" for name in COUNTED)}
    FROM ({_SOLUTIONS[True]}) used
""")  # noqa: S608 - composed of our own constants
"""What is known now, in one statement: each row says what it is a part of."""
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
    found = _listed(connection, await supposed(connection), key)
    return found.id, _known(found)


def _listed(connection: Connection, catalogue: Catalogue, key: str) -> Listed:
    number = catalogue.ids.get(key)
    if number is None:
        in_snapshot(connection)
        raise Unknown("service", key)
    return catalogue.by_id[number]


def _known(found: Listed) -> KnownService:
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
    catalogue = await supposed(connection)
    found = _listed(connection, catalogue, key)
    counted = await (_now(connection, catalogue, found, moment) if moment.latest else _then(connection, found, moment))
    whole = counted.everywhere
    return Service(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=counted.position,
        demonstration=whole.demonstration > 0,
        service=_known(found),
        online=whole.figure("online", UNIT),
        compliant=whole.figure("compliant", UNIT),
        counts=whole,
        inhabitants=Weighted(online=whole.people_figure("online"), compliant=whole.people_figure("compliant")),
        everywhere=parts.everywhere(whole),
        regions=[parts.part(place, titled(place), one, UNIT) for place, one in counted.regions.items()],
        everywhere_in=[place for place, one in counted.regions.items() if parts.everywhere(one)],
        solutions=sorted(counted.solutions, key=lambda one: (-one.municipalities, one.slug)),
        trend=counted.trend,
    )


class _Counted(NamedTuple):
    everywhere: Counts
    regions: dict[str, Counts]
    solutions: list[UsedSolution]
    trend: list[trends.TrendPoint]
    position: int


async def _now(connection: Connection, catalogue: Catalogue, found: Listed, moment: Moment) -> _Counted:
    """What is known now: sums of one service's rows in its regions, denominators from memory."""
    of = await stamped(connection, catalogue.stamp)
    there = of.of_service(found, moment.as_of)
    counted = await at_once(
        connection,
        _COUNTS,
        service=found.id,
        key=found.key,
        places=[found.country, *there],
        country=found.country,
        day=moment.as_of,
    )
    agree(counted[0]["stamp"], catalogue.stamp)
    by_place = {row["key"]: row for row in counted if row["part"] == "place"}
    everywhere = _counts(by_place.get(found.country), _total(there))
    return _Counted(
        everywhere,
        {place: _counts(by_place.get(place), there[place]) for place in sorted(there) if not has_regions(place, there)},
        [_used(row["key"], row["name"], row["online"]) for row in counted if row["part"] == "solution"],
        trends.points(
            moment,
            sorted((row for row in counted if row["part"] == "month"), key=itemgetter("month")),
            everywhere,
            partial(of.everywhere, found),
            UNIT,
        ),
        counted[0]["position"],
    )


async def _then(connection: Connection, found: Listed, moment: Moment) -> _Counted:
    """What was known on an earlier day."""
    regions = await parts.by_service(connection, [found.id], moment)
    everywhere = await parts.by_service(connection, [found.id], moment, [found.country])
    asked = {"service": found.id, "country": found.country, "key": found.key, **moment.parameters}
    return _Counted(
        total(one.counts for one in everywhere),
        {one.region: one.counts for one in regions},
        [_used(*row) for row in await records(connection, _SOLUTIONS[False], **asked)],
        await trends.of_service(connection, found.id, moment),
        await position(connection),
    )


def _used(slug: str, name: str, municipalities: int) -> UsedSolution:
    return UsedSolution(slug=slug, name=name, municipalities=municipalities)


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
