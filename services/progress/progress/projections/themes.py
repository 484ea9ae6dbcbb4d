"""How far one theme is: its services, its regions, its development."""

from typing import Final

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.domain.figures import Counts, Figure, total
from progress.domain.names import THEMES, named
from progress.projections import parts, trends
from progress.projections.headline import state
from progress.projections.moment import Answer, Moment, Unknown, rows
from progress.projections.parts import RESPONSIBILITIES, Part, Reach, titled
from progress.projections.whole import Weighted, check_region


class Theme(Answer, frozen=True, kw_only=True):
    """The state of one theme, everywhere or in one region."""

    theme: str
    title: dict[str, str]
    region: str | None
    online: Figure
    compliant: Figure
    counts: Counts
    inhabitants: Weighted
    reach: Reach
    services: list[Part]
    regions: list[Part]
    trend: list[trends.TrendPoint]


_SERVICES: Final = (
    "SELECT id FROM services WHERE family = 0 AND theme = :theme AND since <= :day AND :day < withdrawn_on"
)


async def theme(connection: Connection, code: str, moment: Moment, region: str | None = None) -> Theme:
    """One theme. Raises Unknown."""
    if code not in THEMES:
        raise Unknown("theme", code)
    known = await state(connection)
    if region is not None:
        check_region(known.responsible, region)
    where = [region] if region else known.responsible.countries
    cuts = await parts.by_theme_and_level(connection, where, moment)
    sums = total(counted for family, other, _, counted in cuts if family == SERVICES and other == code)
    ids = [row["id"] for row in await rows(connection, _SERVICES, theme=code, day=moment.as_of)]
    services = await parts.by_service(connection, ids, moment, where)
    return Theme(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=known.position,
        demonstration=sums.demonstration > 0,
        theme=code,
        title=named(THEMES, code),
        region=region,
        online=sums.figure("online", RESPONSIBILITIES),
        compliant=sums.figure("compliant", RESPONSIBILITIES),
        counts=sums,
        inhabitants=Weighted(online=sums.people_figure("online"), compliant=sums.people_figure("compliant")),
        reach=parts.reach(services),
        services=[parts.part(one.key, {"de": one.title}, one.counts, "municipalities") for one in services],
        regions=[
            parts.part(place, titled(place), counted)
            for place, counted in (await parts.by_region(connection, moment, code)).items()
            if region is None or place.startswith(region)
        ],
        trend=await trends.of_regions(connection, where, moment, code),
    )
