"""A Land, a country or a district: its figures, its parts, its themes, its development; and all districts in one table."""

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import bare, municipality_id, region_code
from events.contracts.regions import region_name
from progress.desk import desk
from progress.pages.asked import asked
from progress.pages.pictures import bars
from progress.pages.rendering import REFUSED, page
from progress.pages.start import trend
from progress.projections import areas, whole
from progress.projections.headline import state
from progress.projections.moment import Answer, Unknown
from progress.projections.parts import Part


@get("/laender/{region:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_region(request: EdgeRequest, region: FromPath[str]) -> Response[str]:
    """A Land with its districts, a country with its regions."""
    by = asked(request)
    code = region_code(region)
    async with desk(request).reading() as connection:
        answer = await whole.region(connection, code, by.moment)
        reporting = await areas.reporting(connection, by.moment)
    name = region_name(code, by.language)
    return page(
        by,
        "area.html",
        answer=answer,
        api=f"/api/progress/v1/regions/{code}",
        section="towns",
        plain=by.words["plain_area"].format(area=name),
        name=name,
        where=code,
        crumbs=[],
        online=answer.online,
        compliant=answer.compliant,
        reporting=answer.municipalities,
        pieces=bars.states(answer.online, answer.compliant),
        about={"ort": code},
        parts_title=by.words["districts"],
        parts=[
            (one, by.links.to(f"/kreise/{bare(one.key)}"), reporting.get(one.key, areas.NOBODY)) for one in answer.parts
        ],
        themes=sorted(answer.themes, key=lambda part: -(part.online.share or 0)),
        chart=trend(by, answer.trend),
    )


@get("/kreise/{district:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_district(request: EdgeRequest, district: FromPath[str]) -> Response[str]:
    """A district with the municipalities in it."""
    by = asked(request)
    key = municipality_id(district, "district")
    async with desk(request).reading() as connection:
        known = await state(connection)
        area = (await areas.districts(connection, by.moment)).get(key)
        if area is None:
            raise Unknown("municipality", key)
        towns = await areas.municipalities(connection, area, by.moment)
        points = await areas.trend(connection, key, by.moment)
    return page(
        by,
        "area.html",
        answer=Answer(
            as_of=by.moment.as_of,
            known_at=by.moment.known_at,
            position=known.position,
        ),
        section="towns",
        plain=by.words["plain_area"].format(area=area.name),
        name=area.name,
        where=None,
        crumbs=[(by.links.region(area.region), region_name(area.region, by.language))],
        online=area.online,
        compliant=area.compliant,
        reporting=area.reporting,
        pieces=bars.states(area.online, area.compliant),
        about={"kreis": bare(key)},
        parts_title=by.words["towns_found"],
        parts=[(one, by.links.town(one.key), _reports(one)) for one in towns],
        themes=[],
        chart=trend(by, points),
    )


@get("/kreise", include_in_schema=False, exception_handlers=REFUSED)
async def list_districts(request: EdgeRequest) -> Response[str]:
    """What the map shows, as a table."""
    by = asked(request)
    async with desk(request).reading() as connection:
        known = await state(connection)
        found = await areas.districts(connection, by.moment)
    return page(
        by,
        "districts.html",
        answer=Answer(as_of=by.moment.as_of, known_at=by.moment.known_at, position=known.position),
        section="towns",
        empty=bool(found) and not any(one.reporting.reporting for one in found.values()),
        areas=sorted(found.values(), key=lambda one: (region_name(one.region), one.name)),
    )


def _reports(one: Part) -> areas.Reporting:
    recorded = one.online.recorded + one.online.excluded > 0
    return areas.Reporting(reporting=int(recorded), of=1)


HANDLERS = [show_region, show_district, list_districts]
