"""A service: how many who are responsible for it have it online, where, with what, and which towns."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import bare, service_key
from progress.desk import desk
from progress.domain.names import LEVELS, THEMES, named
from progress.pages import lands
from progress.pages.asked import asked
from progress.pages.pictures import bars, lines
from progress.pages.rendering import REFUSED, page
from progress.pages.town import status
from progress.projections import parts, services
from progress.projections.headline import state
from progress.projections.moment import Answer

_PLACES: Final = 50


@get("/leistungen/{service:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_service(request: EdgeRequest, service: FromPath[str]) -> Response[str]:
    """Everywhere."""
    by = asked(request)
    key = service_key(service)
    async with desk(request).reading() as connection:
        answer = await services.service(connection, key, by.moment)
        number, known = await services.find(connection, key)
        places = await services.places(
            connection, number, by.moment, region=None, online=True, after=None, limit=_PLACES
        )
    names = (by.words["online_lower"], by.words["compliant"], by.words["recorded_lower"])

    return page(
        by,
        "subject.html",
        answer=answer,
        api=f"/api/progress/v1/services/{bare(key)}",
        about={"leistung": bare(key) if key.startswith("leika:") else key},
        section="services",
        plain=by.words["plain_service"].format(service=known.title),
        name=known.title,
        crumbs=[(by.links.to(f"/themen/{known.theme}"), named(THEMES, known.theme)[by.language])],
        lead=by.words["service_lead"].format(key=bare(key), level=named(LEVELS, known.level)[by.language]),
        unit=by.words["municipalities"],
        online=answer.online,
        compliant=answer.compliant,
        pieces=bars.states(answer.online, answer.compliant),
        services=[],
        lands=lands.of_parts(by, answer.regions),
        regions=sorted(answer.regions, key=lambda part: -(part.online.share or 0)),
        chart=lines.chart([point.as_of for point in answer.trend], lines.of_points(answer.trend, names)),
        solutions=answer.solutions,
        places=places,
        status=lambda place: status(by, place.status),
    )


@get("/leistungen", include_in_schema=False, exception_handlers=REFUSED)
async def list_services(request: EdgeRequest) -> Response[str]:
    """All that are counted, by theme."""
    by = asked(request)
    async with desk(request).reading() as connection:
        known = await state(connection)
        found = await parts.of_everything(connection, by.moment, known.responsible.countries)
    themes: dict[str, list[parts.Part]] = {}
    for one in found:
        line = parts.part(one.key, {"de": one.title, "en": one.title}, one.counts, services.UNIT)
        themes.setdefault(named(THEMES, one.theme)[by.language], []).append(line)
    return page(
        by,
        "services.html",
        answer=Answer(as_of=by.moment.as_of, known_at=by.moment.known_at, position=known.position),
        section="services",
        demonstration=any(one.counts.demonstration for one in found),
        themes=sorted(themes.items()),
        empty=bool(found) and not any(one.counts.recorded + one.counts.excluded for one in found),
    )


HANDLERS = [show_service, list_services]
