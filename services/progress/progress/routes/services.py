"""One service, one bundle, one solution."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.paging import Page, Paging, sliced
from events.contracts.keys import region_code, service_key, slug
from progress.desk import desk
from progress.projections import bundles, services, solutions
from progress.projections.bundles import Bundle
from progress.projections.services import Place, Service
from progress.projections.solutions import Solution
from progress.routes.asked import AsOf, AtLeast, Downloadable, Format, KnownAt, answered, paged


@get("/services/{service:str}", operation_id="show_service", operation_class=Downloadable, responses=problems(422))
async def show_service(
    request: EdgeRequest,
    service: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Service] | Response[bytes]:
    """How far a service or component is: in how many of the municipalities responsible for it, where, with what."""
    key = service_key(service)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    answer = await desk(request).ask(lambda connection: services.service(connection, key, moment))
    return await answered(request, answer, format, key)


@get(
    "/services/{service:str}/cells",
    operation_id="list_cells_of_service",
    operation_class=Downloadable,
    responses=problems(422),
)
async def list_cells_of_service(
    request: EdgeRequest,
    service: FromPath[str],
    paging: NamedDependency[Paging],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    region: Annotated[str | None, QueryParameter(description="only there (everywhere)")] = None,
    online: FromQuery[bool] = False,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Page[Place]] | Response[bytes]:
    """The municipalities responsible for it, by name, with status and the event behind it; `online=true`: who has it online."""
    key = service_key(service)
    where = None if region is None else region_code(region)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    after = paging.after_as(tuple[str, str])
    async with desk(request).reading() as connection:
        number, _ = await services.find(connection, key)
        found = await services.places(
            connection, number, moment, region=where, online=online, after=after, limit=paging.limit + 1
        )
    items, more = sliced(found, paging.limit)
    last = items[-1].municipality if more else None
    return await paged(request, list(items), last and (last.name, last.id), format, key)


@get("/bundles/{bundle:str}", operation_id="show_bundle", operation_class=Downloadable, responses=problems(422))
async def show_bundle(
    request: EdgeRequest,
    bundle: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Bundle] | Response[bytes]:
    """How far a bundle (OZG-Leistung) is: its services together and one by one."""
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    async with desk(request).reading() as connection:
        answer = await bundles.bundle(connection, bundle, moment)
    return await answered(request, answer, format, f"bundle-{answer.id}")


@get("/solutions/{solution:str}", operation_id="show_solution", operation_class=Downloadable, responses=problems(422))
async def show_solution(
    request: EdgeRequest,
    solution: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Solution] | Response[bytes]:
    """How far a solution is: where it is open, who uses it, how much of what it could serve it serves."""
    key = slug(solution)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    async with desk(request).reading() as connection:
        answer = await solutions.solution(connection, key, moment)
    return await answered(request, answer, format, key)


HANDLERS = [show_service, list_cells_of_service, show_bundle, show_solution]
