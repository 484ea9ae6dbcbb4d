"""What a picture is of: everything, a Land, a district, a town, a theme or a service, by the parameters that name it."""

from collections.abc import Sequence
from typing import NamedTuple

from events.contracts.keys import MalformedKey, municipality_id, region_code, service_key
from events.contracts.regions import region_name
from events.log.connect import Connection
from progress.domain.figures import Figure
from progress.pages import comparing
from progress.pages.asked import Asked
from progress.pages.pictures import lines
from progress.projections import areas, municipalities, services, standing, themes, whole
from progress.projections.moment import Answer, Unknown, position
from progress.projections.trends import TrendPoint


class Subject(NamedTuple):
    """Its name and figures. `unit` is the key of its words."""

    answer: Answer
    name: str
    unit: str
    online: Figure
    compliant: Figure
    days: Sequence[TrendPoint]
    series: Sequence[lines.Series]


async def subject(connection: Connection, by: Asked) -> Subject:
    """By `kreis`, `leistung`, `thema` and `ort`; without any, everything. Raises Unknown or MalformedKey."""
    query = by.request.query_params
    where, theme, service = query.get("ort") or "", query.get("thema") or "", query.get("leistung") or ""
    if district := query.get("kreis"):
        return await _district(connection, by, municipality_id(district, "district"))
    if service:
        return await _service(connection, by, service_key(service))
    if theme:
        return await _theme(connection, by, theme, region_code(where) if where else None)
    if where and is_town(where):
        return await _town(connection, by, municipality_id(where))
    return await _region(connection, by, region_code(where) if where else None)


def is_town(where: str) -> bool:
    """Whether it names a municipality and no region."""
    try:
        region_code(where or "DE")
    except MalformedKey:
        return True
    return False


async def _service(connection: Connection, by: Asked, key: str) -> Subject:
    answer = await services.service(connection, key, by.moment)
    return _usual(by, answer, answer.service.title, "municipalities", answer.online, answer.compliant, answer.trend)


async def _theme(connection: Connection, by: Asked, code: str, region: str | None) -> Subject:
    answer = await themes.theme(connection, code, by.moment, region)
    title = answer.title[by.language]
    name = f"{title}, {region_name(region, by.language)}" if region else title
    return _usual(by, answer, name, "responsibilities", answer.online, answer.compliant, answer.trend)


async def _region(connection: Connection, by: Asked, code: str | None) -> Subject:
    answer = await (whole.region(connection, code, by.moment) if code else whole.overview(connection, by.moment))
    name = region_name(code, by.language) if code else by.words["germany"]
    return _usual(by, answer, name, "responsibilities", answer.online, answer.compliant, answer.trend)


async def _district(connection: Connection, by: Asked, key: str) -> Subject:
    area = (await areas.districts(connection, by.moment)).get(key)
    if area is None:
        raise Unknown("municipality", key)
    trend = await areas.trend(connection, key, by.moment)
    last = await position(connection)
    answer = Answer(as_of=by.moment.as_of, known_at=by.moment.known_at, position=last)
    return _usual(by, answer, area.name, "responsibilities", area.online, area.compliant, trend)


async def _town(connection: Connection, by: Asked, key: str) -> Subject:
    town = await standing.town(connection, key, by.moment)
    answer = await municipalities.municipality(connection, key, by.moment)
    around = await whole.region(connection, town.region, by.moment)
    beside = await comparing.beside(connection, by, town, answer)
    series = comparing.series(by, answer, around, beside)
    return Subject(answer, town.name, "services", answer.online.own, answer.compliant.own, answer.trend, series)


def _usual(
    by: Asked, answer: Answer, name: str, unit: str, online: Figure, compliant: Figure, trend: Sequence[TrendPoint]
) -> Subject:
    """With the lines that everything but a town has."""
    names = (by.words["online_lower"], by.words["compliant"], by.words["recorded_lower"])
    return Subject(answer, name, unit, online, compliant, trend, lines.of_points(trend, names))
