"""The search, which needs no script: towns and services by what people type; with nothing typed, the Länder."""

from typing import Final

from litestar import Response, get

from edge.asking import EdgeRequest
from progress.desk import desk
from progress.pages.asked import asked
from progress.pages.rendering import REFUSED, page
from progress.projections.finding import find_services
from progress.projections.headline import state
from progress.projections.moment import Answer
from progress.projections.parts import titled
from progress.projections.towns import find_towns

LONGEST: Final = 200
_MOST: Final = 20


@get("/suche", include_in_schema=False, exception_handlers=REFUSED)
async def find(request: EdgeRequest) -> Response[str]:
    """The best of either first."""
    by = asked(request)
    typed = typed_in(request)
    async with desk(request).reading() as connection:
        known = await state(connection)
        towns = await find_towns(connection, typed, _MOST) if typed else []
        services = await find_services(connection, typed, _MOST) if typed else []
    codes = known.responsible.parts(None, by.moment.as_of)
    return page(
        by,
        "search.html",
        answer=Answer(as_of=by.moment.as_of, known_at=by.moment.known_at, position=known.position),
        section="towns",
        q=typed,
        towns=towns,
        services=services,
        regions=sorted(((code, titled(code)[by.language]) for code in codes), key=lambda pair: pair[1]),
    )


def typed_in(request: EdgeRequest) -> str:
    """What was looked for with `q`."""
    return request.query_params.get("q", "").replace("\0", " ")[:LONGEST].strip()


HANDLERS = [find]
