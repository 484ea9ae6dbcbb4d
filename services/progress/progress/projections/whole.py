"""How far everyone is: the whole (`overview`) or one region, by theme, level, part and time."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from events.contracts.regions import region_name, regions
from events.log.connect import Connection
from progress.domain.classes import COMPONENTS, SERVICES
from progress.domain.figures import Counts, Figure, figure, total
from progress.domain.names import LEVELS, THEMES, named
from progress.projections import parts, trends
from progress.projections.districts import of_districts
from progress.projections.moment import Answer, Moment, Unknown, position, rows
from progress.projections.parts import RESPONSIBILITIES, Part, Reach, Reporting, ServiceCounts

Unit = Literal["responsibilities", "bundles"]
Of = Literal["any", "all"]


class RegionRef(msgspec.Struct, frozen=True, kw_only=True):
    """A region and its names."""

    code: str
    title: dict[str, str]


class Weighted(msgspec.Struct, frozen=True, kw_only=True):
    """The same figures, each responsibility weighing as much as its municipality has inhabitants."""

    online: Figure
    compliant: Figure


class Components(msgspec.Struct, frozen=True, kw_only=True):
    """Components have a unit of their own and are in no other figure."""

    online: Figure


class Whole(Answer, frozen=True, kw_only=True):
    """The state of everything, or of one region (`region`)."""

    region: RegionRef | None
    online: Figure
    compliant: Figure
    counts: Counts
    inhabitants: Weighted
    services: Reach
    municipalities: Reporting
    components: Components
    themes: list[Part]
    levels: list[Part]
    parts: list[Part]
    """The regions of a country, the districts of a region."""
    trend: list[trends.TrendPoint]


_KNOWN: Final = "SELECT DISTINCT country FROM authority_groups ORDER BY 1"
EXISTS: Final = "SELECT 1 FROM authority_groups WHERE region = :region OR country = :region LIMIT 1"
_ALL_SERVICES: Final = "SELECT id FROM services WHERE family = 0 AND since <= :day AND :day < withdrawn_on"


async def overview(connection: Connection, moment: Moment, unit: Unit = "responsibilities", of: Of = "any") -> Whole:
    """Everyone."""
    countries = [row["country"] for row in await rows(connection, _KNOWN)]
    return await _whole(connection, countries, None, moment, unit, of)


async def region(
    connection: Connection, code: str, moment: Moment, unit: Unit = "responsibilities", of: Of = "any"
) -> Whole:
    """One region or country. Raises Unknown."""
    await check_region(connection, code)
    return await _whole(connection, [code], RegionRef(code=code, title=titled(code)), moment, unit, of)


async def check_region(connection: Connection, code: str) -> None:
    """A region that nobody is registered in is still one. Raises Unknown."""
    if code not in regions() and not await rows(connection, EXISTS, region=code):
        raise Unknown("region", code)


def titled(code: str) -> dict[str, str]:
    """What a region is called."""
    return {"de": region_name(code, "de"), "en": region_name(code, "en")}


async def _whole(
    connection: Connection, where: Sequence[str], ref: RegionRef | None, moment: Moment, unit: Unit, of: Of
) -> Whole:
    cuts = await parts.by_theme_and_level(connection, where, moment)
    sums = total(counted for family, _, _, counted in cuts if family == SERVICES)
    components = total(counted for family, _, _, counted in cuts if family == COMPONENTS)
    ids = [row["id"] for row in await rows(connection, _ALL_SERVICES, day=moment.as_of)]
    services = await parts.by_service(connection, ids, moment, where)
    online, compliant = (_headline(name, sums, services, unit, of) for name in ("online", "compliant"))
    return Whole(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=sums.demonstration + components.demonstration > 0,
        region=ref,
        online=online,
        compliant=compliant,
        counts=sums,
        inhabitants=Weighted(online=sums.people_figure("online"), compliant=sums.people_figure("compliant")),
        services=parts.reach(services),
        municipalities=await parts.reporting(connection, where, moment),
        components=Components(online=components.figure("online", "components")),
        themes=_grouped([(theme, counted) for family, theme, _, counted in cuts if family == SERVICES], THEMES),
        levels=_grouped([(level, counted) for family, _, level, counted in cuts if family == SERVICES], LEVELS),
        parts=await _parts(connection, ref, moment),
        trend=await trends.of_regions(connection, where, moment),
    )


def _headline(measure: str, sums: Counts, services: Sequence[ServiceCounts], unit: Unit, of: Of) -> Figure:
    return sums.figure(measure, RESPONSIBILITIES) if unit == RESPONSIBILITIES else bundles(measure, services, of)


def bundles(measure: str, services: Sequence[ServiceCounts], of: Of) -> Figure:
    """Bundles of which any or all services are online (compliant) in at least one municipality."""
    grouped: dict[str, list[Counts]] = {}
    for one in services:
        if one.bundle is not None and one.counts.responsible - one.counts.excluded > 0:
            grouped.setdefault(one.bundle, []).append(one.counts)
    test = any if of == "any" else all
    return figure(
        sum(test(getattr(one, measure) > 0 for one in group) for group in grouped.values()),
        len(grouped),
        unit="bundles",
        recorded=sum(any(one.recorded > 0 for one in group) for group in grouped.values()),
        excluded=0,
        definition=f"{measure}-bundle-{of}@1",
    )


def _grouped(pairs: Sequence[tuple[str, Counts]], names: dict[str, dict[str, str]]) -> list[Part]:
    keys = sorted({key for key, counted in pairs if counted.responsible})
    return [parts.part(key, named(names, key), total(one for other, one in pairs if other == key)) for key in keys]


async def _parts(connection: Connection, ref: RegionRef | None, moment: Moment) -> list[Part]:
    """Regions of the whole or of a country; districts of a region."""
    if ref is not None and "-" in ref.code:
        return await of_districts(connection, ref.code, moment)
    return [
        parts.part(code, titled(code), counted)
        for code, counted in (await parts.by_region(connection, moment)).items()
        if ref is None or code.startswith(ref.code)
    ]
