"""How far everyone is: the whole (`overview`) or one region, by theme, level, part and time."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.domain.classes import COMPONENTS, SERVICES
from progress.domain.figures import Counts, Figure, figure, total
from progress.domain.names import COUNTRIES, LEVELS, THEMES, named
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
_EXISTS: Final = "SELECT 1 FROM authority_groups WHERE region = :region OR country = :region LIMIT 1"
_TITLES: Final = """
    SELECT region, name FROM authorities
    WHERE levels & 16 <> 0 AND :day < gone_on AND (CAST(:region AS text) IS NULL OR region = :region) ORDER BY id DESC
"""
_ALL_SERVICES: Final = "SELECT id FROM services WHERE family = 0 AND since <= :day AND :day < withdrawn_on"


async def overview(
    connection: AsyncConnection, moment: Moment, unit: Unit = "responsibilities", of: Of = "any"
) -> Whole:
    """Everyone."""
    countries = [row["country"] for row in await rows(connection, _KNOWN)]
    return await _whole(connection, countries, None, moment, unit, of)


async def region(
    connection: AsyncConnection, code: str, moment: Moment, unit: Unit = "responsibilities", of: Of = "any"
) -> Whole:
    """One region or country. Raises Unknown."""
    if not await rows(connection, _EXISTS, region=code):
        raise Unknown("region", code)
    title = (await titles(connection, moment, code)).get(code) or named(COUNTRIES, code)
    return await _whole(connection, [code], RegionRef(code=code, title=title), moment, unit, of)


async def titles(connection: AsyncConnection, moment: Moment, code: str | None = None) -> dict[str, dict[str, str]]:
    """What regions are called: as the authority that governs them."""
    found = await rows(connection, _TITLES, day=moment.as_of, region=code)
    return {row["region"]: {"de": row["name"], "en": row["name"]} for row in found}


async def _whole(
    connection: AsyncConnection, regions: Sequence[str], ref: RegionRef | None, moment: Moment, unit: Unit, of: Of
) -> Whole:
    cuts = await parts.by_theme_and_level(connection, regions, moment)
    sums = total(counted for family, _, _, counted in cuts if family == SERVICES)
    components = total(counted for family, _, _, counted in cuts if family == COMPONENTS)
    ids = [row["id"] for row in await rows(connection, _ALL_SERVICES, day=moment.as_of)]
    services = await parts.by_service(connection, ids, moment, regions)
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
        municipalities=await parts.reporting(connection, regions, moment),
        components=Components(online=components.figure("online", "components")),
        themes=_grouped([(theme, counted) for family, theme, _, counted in cuts if family == SERVICES], THEMES),
        levels=_grouped([(level, counted) for family, _, level, counted in cuts if family == SERVICES], LEVELS),
        parts=await _parts(connection, ref, moment),
        trend=await trends.of_regions(connection, regions, moment),
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


async def _parts(connection: AsyncConnection, ref: RegionRef | None, moment: Moment) -> list[Part]:
    """Regions of the whole or of a country; districts of a region."""
    if ref is not None and "-" in ref.code:
        return await of_districts(connection, ref.code, moment)
    names = await titles(connection, moment)
    return [
        parts.part(code, names.get(code) or named(COUNTRIES, code), counted)
        for code, counted in (await parts.by_region(connection, moment)).items()
        if ref is None or code.startswith(ref.code)
    ]
