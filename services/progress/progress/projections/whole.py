"""How far everyone is: the whole (`overview`) or one region, by theme, level, part and time."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from events.contracts.regions import regions
from events.log.connect import Connection
from progress.domain.figures import Counts, Figure, figure
from progress.projections import earlier, headline, parts, trends
from progress.projections.moment import Answer, Moment, Unknown, in_snapshot
from progress.projections.parts import RESPONSIBILITIES, Part, Reach, Reporting, ServiceCounts, titled
from progress.projections.responsible import Responsible, supposed

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


async def overview(connection: Connection, moment: Moment, unit: Unit = "responsibilities", of: Of = "any") -> Whole:
    """Everyone."""
    return await _whole(connection, await supposed(connection), None, moment, unit, of)


async def region(
    connection: Connection, code: str, moment: Moment, unit: Unit = "responsibilities", of: Of = "any"
) -> Whole:
    """One region or country. Raises Unknown."""
    known = await supposed(connection)
    if not _is_region(known, code):
        in_snapshot(connection)
        raise Unknown("region", code)
    return await _whole(connection, known, RegionRef(code=code, title=titled(code)), moment, unit, of)


def check_region(known: Responsible, code: str) -> None:
    """A region that nobody is registered in is still one. Raises Unknown."""
    if not _is_region(known, code):
        raise Unknown("region", code)


def _is_region(known: Responsible, code: str) -> bool:
    return code in regions() or code in known.regions or code in known.countries


async def _whole(
    connection: Connection, known: Responsible, ref: RegionRef | None, moment: Moment, unit: Unit, of: Of
) -> Whole:
    code = None if ref is None else ref.code
    found = await (headline.summed if moment.latest else earlier.summed)(connection, known, code, moment)
    online, compliant = (
        found.counts.figure("online", RESPONSIBILITIES),
        found.counts.figure("compliant", RESPONSIBILITIES),
    )
    if unit == "bundles":
        where = known.countries if code is None else [code]
        services = await parts.of_everything(connection, moment, where)
        online, compliant = bundles("online", services, of), bundles("compliant", services, of)
    return Whole(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=found.position,
        demonstration=found.counts.demonstration + found.components.demonstration > 0,
        region=ref,
        online=online,
        compliant=compliant,
        counts=found.counts,
        inhabitants=Weighted(
            online=found.counts.people_figure("online"), compliant=found.counts.people_figure("compliant")
        ),
        services=found.reach,
        municipalities=found.reporting,
        components=Components(online=found.components.figure("online", "components")),
        themes=found.themes,
        levels=found.levels,
        parts=found.parts,
        trend=found.trend,
    )


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
