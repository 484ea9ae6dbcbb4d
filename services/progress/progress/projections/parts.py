"""What several answers are made of: sums by theme, level and region, reach, and who reports at all."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import asyncpg
import msgspec

from events.contracts.regions import region_name
from events.log.connect import Connection
from progress.counting.counters import AUTHORITY, REGION, SERVICE, upto
from progress.counting.denominators import BY_REGION, BY_THEME_AND_LEVEL, OF_SERVICES
from progress.domain.classes import SERVICES
from progress.domain.figures import COUNTS, Counts, Figure, counts, figure
from progress.projections.moment import Moment, rows

RESPONSIBILITIES: Final = "responsibilities"
Row = Mapping[str, int] | asyncpg.Record
_MEASURES: Final = [name for name in COUNTS if name not in ("responsible", "people")]
_SUMS: Final = ", ".join(f"sum(t.{name})::bigint AS {name}" for name in _MEASURES)
_NAMES: Final = ", ".join(_MEASURES)
_NOTHING: Final = {"recorded": 0, "online": 0, "compliant": 0, "excluded": 0}


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a breakdown."""

    key: str
    title: dict[str, str]
    online: Figure
    compliant: Figure


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Of `of` services: online in all municipalities that are responsible for them, in some, in none."""

    everywhere: int
    somewhere: int
    nowhere: int
    of: int


class Reporting(msgspec.Struct, frozen=True, kw_only=True):
    """Of `of` municipalities responsible for anything countable, by default or assigned, how many recorded anything."""

    reporting: int
    of: int


def part(key: str, title: dict[str, str], counted: Counts, unit: str = RESPONSIBILITIES) -> Part:
    """A line of a breakdown from its counts."""
    return Part(
        key=key, title=title, online=counted.figure("online", unit), compliant=counted.figure("compliant", unit)
    )


def line(key: str, title: dict[str, str], responsible: int, counted: Row | None, unit: str = RESPONSIBILITIES) -> Part:
    """The same from sums of `recorded`, `online`, `compliant` and `excluded`; None is nothing recorded."""
    online, compliant = figures(responsible, counted or _NOTHING, unit)
    return Part(key=key, title=title, online=online, compliant=compliant)


def figures(responsible: int, counted: Row, unit: str) -> tuple[Figure, Figure]:
    """Online and compliant."""
    recorded, excluded = counted["recorded"], counted["excluded"]
    return (
        figure(counted["online"], responsible, unit=unit, recorded=recorded, excluded=excluded, definition="online@1"),
        figure(
            counted["compliant"], responsible, unit=unit, recorded=recorded, excluded=excluded, definition="compliant@1"
        ),
    )


def titled(code: str) -> dict[str, str]:
    """What a region is called."""
    return {"de": region_name(code, "de"), "en": region_name(code, "en")}


def has_regions(code: str, codes: Collection[str]) -> bool:
    """A country that has regions is their sum, the federation's own services among it, and not one of them."""
    return any(other.startswith(f"{code}-") for other in codes)


async def by_theme_and_level(
    connection: Connection, regions: Sequence[str], moment: Moment
) -> list[tuple[int, str, str, Counts]]:
    """Everything in these regions, by family, theme and level."""
    table = upto(REGION, latest=moment.latest)
    found = await rows(
        connection,
        f"""WITH responsible AS ({BY_THEME_AND_LEVEL}), counted AS (
            SELECT family, theme, level, {_SUMS} FROM {table}
            WHERE t.region = ANY(:regions) GROUP BY family, theme, level
        )
        SELECT family, theme, level, responsible, people, {_NAMES}
        FROM responsible FULL JOIN counted USING (family, theme, level) ORDER BY family, theme, level""",  # noqa: S608 - composed of our own constants
        regions=list(regions),
        **moment.parameters,
    )
    return [(row["family"], row["theme"], row["level"], counts(row)) for row in found]


async def by_region(connection: Connection, moment: Moment, theme: str | None = None) -> dict[str, Counts]:
    """The counted services of every region, perhaps of one theme only."""
    table = upto(REGION, latest=moment.latest)
    found = await rows(
        connection,
        f"""WITH responsible AS ({BY_REGION}), counted AS (
            SELECT region, {_SUMS} FROM {table}
            WHERE t.family = {SERVICES} AND (CAST(:theme AS text) IS NULL OR t.theme = :theme)
            GROUP BY region
        )
        SELECT region, responsible, people, {_NAMES} FROM responsible LEFT JOIN counted USING (region) ORDER BY region""",  # noqa: S608 - composed of our own constants
        theme=theme,
        **moment.parameters,
    )
    codes = {row["region"] for row in found}
    return {row["region"]: counts(row) for row in found if not has_regions(row["region"], codes)}


class ServiceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """One service in one region."""

    service: int
    key: str
    title: str
    theme: str
    family: int
    bundle: str | None
    region: str
    counts: Counts


async def by_service(
    connection: Connection, services: Sequence[int], moment: Moment, regions: Sequence[str] | None = None
) -> list[ServiceCounts]:
    """These services in each region, or summed over the regions given (then `region` is empty)."""
    table = upto(SERVICE, latest=moment.latest)
    place = "r.region" if regions is None else "''"
    chosen = "true" if regions is None else "t.place = ANY(:regions)"
    inside = "true" if regions is None else "(r.region = ANY(:regions) OR left(r.region, 2) = ANY(:regions))"
    counted_place = "t.place" if regions is None else "''"
    found = await rows(
        connection,
        f"""WITH single AS ({OF_SERVICES}), responsible AS (
            SELECT service, {place} AS region, sum(responsible)::bigint AS responsible, sum(people)::bigint AS people
            FROM single r WHERE {inside} GROUP BY 1, 2
        ), counted AS (
            SELECT t.service, {counted_place} AS region, {_SUMS} FROM {table}
            WHERE t.service = ANY(:services) AND {chosen} GROUP BY 1, 2
        )
        SELECT s.id, s.key, s.title, s.theme, s.family, s.bundle, region, responsible, people, {_NAMES}
        FROM responsible LEFT JOIN counted USING (service, region) JOIN services s ON s.id = responsible.service
        ORDER BY s.title, s.key, region""",  # noqa: S608 - composed of our own constants
        services=list(services),
        **({} if regions is None else {"regions": list(regions)}),
        **moment.parameters,
    )
    codes = {row["region"] for row in found}
    return [
        ServiceCounts(
            service=row["id"],
            key=row["key"],
            title=row["title"],
            theme=row["theme"],
            family=row["family"],
            bundle=row["bundle"],
            region=row["region"],
            counts=counts(row),
        )
        for row in found
        if regions is not None or not has_regions(row["region"], codes)
    ]


_ALL_SERVICES: Final = "SELECT id FROM services WHERE family = 0 AND since <= :day AND :day < withdrawn_on"


async def of_everything(connection: Connection, moment: Moment, regions: Sequence[str]) -> list[ServiceCounts]:
    """Every counted service, summed over the regions given."""
    ids = [row["id"] for row in await rows(connection, _ALL_SERVICES, day=moment.as_of)]
    return await by_service(connection, ids, moment, regions)


def everywhere(counted: Counts) -> bool:
    """All who are responsible and do not rule it out have it online, and there is at least one (flächendeckend)."""
    return 0 < counted.online == counted.responsible - counted.excluded


def reach(services: Sequence[ServiceCounts]) -> Reach:
    """How far the services reach; those nobody there is responsible for are left out."""
    concerned = [one.counts for one in services if one.counts.responsible - one.counts.excluded > 0]
    whole = sum(everywhere(one) for one in concerned)
    some = sum(one.online > 0 for one in concerned) - whole
    return Reach(everywhere=whole, somewhere=some, nowhere=len(concerned) - whole - some, of=len(concerned))


async def reporting(connection: Connection, regions: Sequence[str], moment: Moment) -> Reporting:
    """Who recorded anything countable."""
    table = upto(AUTHORITY, latest=moment.latest)
    (row,) = await rows(
        connection,
        f"""SELECT count(*) AS of, count(c.authority) AS reporting
            FROM authorities a
            LEFT JOIN (SELECT authority FROM {table} WHERE t.family = {SERVICES}
                       GROUP BY authority HAVING sum(t.recorded + t.excluded) > 0) c ON c.authority = a.id
            WHERE (a.region = ANY(:regions) OR a.country = ANY(:regions)) AND a.since <= :day AND :day < a.gone_on
              AND (a.levels & (SELECT coalesce(bit_or(delivered_by), 0::smallint) FROM service_groups
                               WHERE family = {SERVICES} AND since <= :day AND :day < withdrawn_on) <> 0
                   OR EXISTS (SELECT FROM overrides o
                              JOIN services s ON s.id = o.service AND s.family = {SERVICES}
                                   AND s.since <= :day AND :day < s.withdrawn_on
                              WHERE o.authority = a.id AND o.weight > 0 AND o.from_on <= :day AND :day < o.until
                                AND o.known_from <= :known AND :known < o.known_until))""",  # noqa: S608 - composed of our own constants
        regions=list(regions),
        **moment.parameters,
    )
    return Reporting(reporting=row["reporting"], of=row["of"])
