"""The start page: what this is, a search, the whole at a glance."""

from typing import Annotated

from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from edge.asking import EdgeRequest
from progress.desk import desk
from progress.pages import pictures
from progress.pages.rendering import language_of, page
from progress.projections import whole
from progress.projections.towns import find_towns


@get("/", include_in_schema=False)
async def start(
    request: EdgeRequest,
    q: Annotated[str | None, QueryParameter(max_length=200)] = None,
    lang: FromQuery[str | None] = None,
) -> Response[str]:
    """Also answers the search, which needs no script."""
    language = language_of(request, lang)
    async with desk(request).reading() as connection:
        found = await find_towns(connection, q) if q else []
        answer = await whole.overview(connection, desk(request).moment())
    regions = sorted(answer.parts, key=lambda part: -(part.online.share or 0))
    themes = sorted(answer.themes, key=lambda part: -(part.online.share or 0))
    return page(
        request,
        "start.html",
        language,
        q=q or "",
        found=found,
        answer=answer,
        bar=pictures.bar,
        chart=pictures.chart(answer.trend),
        regions=[part for part in regions if part.online.recorded] or regions,
        themes=themes,
        demonstration=answer.demonstration,
        empty=answer.counts.recorded + answer.counts.excluded == 0,
        nobody=answer.counts.responsible == 0,
        download="/api/progress/v1/overview",
        as_of=answer.as_of,
        known_at=answer.known_at,
    )


HANDLERS = [start]
