"""Services and components: find and show."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from catalog.desk import desk
from catalog.domain.service import ServiceUnknown
from catalog.keeping.looking import plain
from catalog.reading.ranking import Rank
from catalog.reading.services import ServiceShown, Wanted, find_services, one_service
from edge.asking import EdgeRequest
from edge.conditional import IF_NONE_MATCH, etag, not_modified, takes
from edge.paging import Page, Paging, page, sliced
from events.contracts.keys import service_key
from events.contracts.words import ServiceKind, ServiceLevel, Theme

Words = Annotated[str | None, QueryParameter(max_length=200, description="words, a key or part of one")]
OzgId = Annotated[str | None, QueryParameter(pattern="^[0-9]{5}$", description="five-digit id of a bundle")]


@get("/services", operation_id="find_services")
async def find(
    request: EdgeRequest,
    paging: NamedDependency[Paging],
    q: Words = None,
    theme: FromQuery[Theme | None] = None,
    level: FromQuery[ServiceLevel | None] = None,
    ozg_id: OzgId = None,
    kind: FromQuery[ServiceKind | None] = None,
    withdrawn: FromQuery[bool] = False,
) -> Response[Page[ServiceShown]]:
    """Services and components, the best first. Umlauts, beginnings of words and slips are forgiven."""
    wanted = Wanted(q=q, theme=theme, level=level, bundle=ozg_id, kind=kind, withdrawn=withdrawn)
    async with plain(desk(request).engine) as connection:
        found = await find_services(connection, wanted, paging.limit + 1, paging.after_as(Rank))
    rows, more = sliced(found, paging.limit)
    return page(request, [shown for shown, _ in rows], rows[-1][1] if more else None)


@get("/services/{service:str}", operation_id="show_service", opt=takes(IF_NONE_MATCH))
async def show(request: EdgeRequest, service: FromPath[str]) -> Response[ServiceShown | None]:
    """A service or component, withdrawn or not."""
    key = service_key(service)
    async with plain(desk(request).engine) as connection:
        shown = await one_service(connection, key)
    if shown is None:
        raise ServiceUnknown(key)
    headers = {"ETag": etag(shown.version)}
    if not_modified(request.if_none_match, shown.version):
        return Response(None, status_code=304, headers=headers)
    return Response(shown, headers=headers)


HANDLERS = [find, show]
