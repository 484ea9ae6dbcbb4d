"""A theme: how far its services are, where, and how that developed."""

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import region_code
from events.contracts.regions import region_name
from progress.desk import desk
from progress.pages import lands
from progress.pages.asked import asked
from progress.pages.pictures import bars, lines
from progress.pages.rendering import REFUSED, page
from progress.projections.themes import theme


@get("/themen/{code:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_theme(request: EdgeRequest, code: FromPath[str]) -> Response[str]:
    """Everywhere, or with `ort` in one Land."""
    by = asked(request)
    where = request.query_params.get("ort")
    region = region_code(where) if where else None
    async with desk(request).reading() as connection:
        answer = await theme(connection, code, by.moment, region)
    names = (by.words["online_lower"], by.words["compliant"], by.words["recorded_lower"])
    return page(
        by,
        "subject.html",
        answer=answer,
        api=f"/api/progress/v1/themes/{code}",
        about={"thema": code, "ort": region},
        section="services",
        name=answer.title[by.language],
        crumbs=[(by.links.region(region), region_name(region, by.language))] if region else [],
        lead=by.words["theme_lead"].format(services=by.formats.num(len(answer.services))),
        unit=by.words["responsibilities"],
        online=answer.online,
        compliant=answer.compliant,
        pieces=bars.states(answer.online, answer.compliant),
        services=sorted(answer.services, key=lambda part: -(part.online.share or 0)),
        lands=lands.of_parts(by, answer.regions),
        regions=[] if region else sorted(answer.regions, key=lambda part: -(part.online.share or 0)),
        chart=lines.chart([point.as_of for point in answer.trend], lines.of_points(answer.trend, names)),
        solutions=[],
        places=[],
        status=None,
    )


HANDLERS = [show_theme]
