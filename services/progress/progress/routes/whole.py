"""The whole, its regions and themes."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.paging import Page, Paging
from events.contracts.keys import region_code
from progress.desk import desk
from progress.projections import districts, whole
from progress.projections.headline import state
from progress.projections.parts import Part
from progress.projections.themes import Theme, theme
from progress.projections.whole import Of, Unit, Whole
from progress.routes.asked import AsOf, AtLeast, Downloadable, Format, KnownAt, answered, paged


@get("/overview", operation_id="show_overview", operation_class=Downloadable, responses=problems(422))
async def show_overview(
    request: EdgeRequest,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    unit: FromQuery[Unit] = "responsibilities",
    of: FromQuery[Of] = "any",
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Whole] | Response[bytes]:
    """How far everyone is. `unit=bundles` counts OZG-Leistungen of which `any` or `all` services are online somewhere."""
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    answer = await desk(request).ask(lambda connection: whole.overview(connection, moment, unit, of))
    return await answered(request, answer, format, "overview")


@get("/regions/{region:str}", operation_id="show_region", operation_class=Downloadable, responses=problems(422))
async def show_region(
    request: EdgeRequest,
    region: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    unit: FromQuery[Unit] = "responsibilities",
    of: FromQuery[Of] = "any",
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Whole] | Response[bytes]:
    """How far a region (`DE-SN`) or country (`DE`) is, with its districts or regions."""
    code = region_code(region)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    answer = await desk(request).ask(lambda connection: whole.region(connection, code, moment, unit, of))
    return await answered(request, answer, format, code)


@get(
    "/regions/{region:str}/municipalities",
    operation_id="list_municipalities_of_region",
    operation_class=Downloadable,
    responses=problems(422),
)
async def list_municipalities_of_region(
    request: EdgeRequest,
    region: FromPath[str],
    paging: NamedDependency[Paging],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Page[Part]] | Response[bytes]:
    """The municipalities of a region by name, each with its own figures."""
    code = region_code(region)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    after = paging.after_as(tuple[str, str])
    async with desk(request).reading() as connection:
        whole.check_region((await state(connection)).responsible, code)
        found = await districts.of_municipalities(connection, code, moment, after, paging.limit)
    last = found[-1] if len(found) == paging.limit else None
    return await paged(request, found, last and (last.title["de"], last.key), format, code)


@get("/themes/{theme_code:str}", operation_id="show_theme", operation_class=Downloadable, responses=problems(422))
async def show_theme(
    request: EdgeRequest,
    theme_code: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    region: Annotated[str | None, QueryParameter(description="only there (everywhere)")] = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Theme] | Response[bytes]:
    """How far a theme is: its services and regions."""
    moment = desk(request).moment(as_of, known_at)
    where = None if region is None else region_code(region)
    await desk(request).wait(at_least)
    async with desk(request).reading() as connection:
        answer = await theme(connection, theme_code, moment, where)
    return await answered(request, answer, format, theme_code)


HANDLERS = [show_overview, show_region, list_municipalities_of_region, show_theme]
