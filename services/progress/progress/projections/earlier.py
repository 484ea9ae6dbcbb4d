"""What was known on an earlier day of the whole, of a country or of a region: added up from the days of recording."""

from collections.abc import Sequence

from events.log.connect import Connection
from progress.domain.classes import COMPONENTS, SERVICES
from progress.domain.figures import Counts, total
from progress.domain.names import LEVELS, THEMES, named
from progress.projections import parts, trends
from progress.projections.districts import of_districts
from progress.projections.headline import Summed
from progress.projections.moment import Moment, position
from progress.projections.parts import Part, titled
from progress.projections.responsible import Responsible


async def summed(connection: Connection, of: Responsible, code: str | None, moment: Moment) -> Summed:
    """Everything, or one region or country."""
    places = of.countries if code is None else [code]
    cuts = await parts.by_theme_and_level(connection, places, moment)
    services = [cut for cut in cuts if cut[0] == SERVICES]
    return Summed(
        counts=total(counted for _, _, _, counted in services),
        components=total(counted for family, _, _, counted in cuts if family == COMPONENTS),
        reach=parts.reach(await parts.of_everything(connection, moment, places)),
        reporting=await parts.reporting(connection, places, moment),
        themes=_grouped([(theme, counted) for _, theme, _, counted in services], THEMES),
        levels=_grouped([(level, counted) for _, _, level, counted in services], LEVELS),
        parts=await _parts(connection, code, moment),
        trend=await trends.of_regions(connection, places, moment),
        position=await position(connection),
    )


def _grouped(pairs: Sequence[tuple[str, Counts]], names: dict[str, dict[str, str]]) -> list[Part]:
    keys = sorted({key for key, counted in pairs if counted.responsible})
    return [parts.part(key, named(names, key), total(one for other, one in pairs if other == key)) for key in keys]


async def _parts(connection: Connection, code: str | None, moment: Moment) -> list[Part]:
    """Regions of the whole or of a country; districts of a region."""
    if code is not None and "-" in code:
        return await of_districts(connection, code, moment)
    return [
        parts.part(place, titled(place), counted)
        for place, counted in (await parts.by_region(connection, moment)).items()
        if code is None or place.startswith(code)
    ]
