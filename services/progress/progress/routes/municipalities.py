"""One municipality: its figures and cells, what is open to it, what its peers have."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.paging import Page, Paging, sliced
from events.contracts.keys import municipality_id, service_key
from progress.desk import desk
from progress.projections import cells, municipalities, peers
from progress.projections.blind_spots import BlindSpots, blind_spots
from progress.projections.cells import Cell, Which
from progress.projections.municipalities import Municipality
from progress.projections.opportunities import Opportunities, opportunities
from progress.projections.peers import Peers
from progress.projections.whole import Of, Unit
from progress.routes.asked import AsOf, AtLeast, Downloadable, Format, KnownAt, answered, paged

_PATH = "/municipalities/{municipality:str}"


@get(_PATH, operation_id="show_municipality", operation_class=Downloadable, responses=problems(422))
async def show_municipality(
    request: EdgeRequest,
    municipality: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    unit: FromQuery[Unit] = "responsibilities",
    of: FromQuery[Of] = "any",
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Municipality] | Response[bytes]:
    """How far a municipality is: its own services, and with what others deliver there. The cells are at `…/cells`."""
    key = municipality_id(municipality)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    answer = await desk(request).ask(lambda connection: municipalities.municipality(connection, key, moment, unit, of))
    return await answered(request, answer, format, key)


@get(
    f"{_PATH}/cells",
    operation_id="list_cells_of_municipality",
    operation_class=Downloadable,
    responses=problems(422),
)
async def list_cells_of_municipality(
    request: EdgeRequest,
    municipality: FromPath[str],
    paging: NamedDependency[Paging],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    figure: Annotated[Which, QueryParameter(description="only what this figure counts")] = "all",
    own: Annotated[bool | None, QueryParameter(description="only its own, or only what others deliver there")] = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Page[Cell]] | Response[bytes]:
    """What the figures count, one by one: service, status, dates, basis, solution, and the event behind it."""
    key = municipality_id(municipality)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    after = paging.after_as(tuple[str, str])
    async with desk(request).reading() as connection:
        authority, known = await municipalities.find(connection, key)
        found = await cells.listed(
            connection, authority, moment, which=figure, own=own, after=after, limit=paging.limit + 1
        )
    items, more = sliced(found, paging.limit)
    following = (items[-1].theme, items[-1].service.key) if more else None
    return await paged(request, list(items), following, format, known.id)


@get(f"{_PATH}/opportunities", operation_id="list_opportunities", operation_class=Downloadable, responses=problems(422))
async def list_opportunities(
    request: EdgeRequest,
    municipality: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Opportunities] | Response[bytes]:
    """What is open to it now, for what it is responsible for and has not online. `known_at` acts on statuses only."""
    key = municipality_id(municipality)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    async with desk(request).reading() as connection:
        answer = await opportunities(connection, key, moment)
    return await answered(request, answer, format, f"{key}-opportunities")


@get(f"{_PATH}/blind-spots", operation_id="list_blind_spots", operation_class=Downloadable, responses=problems(422))
async def list_blind_spots(
    request: EdgeRequest,
    municipality: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    share: Annotated[
        float, QueryParameter(ge=0, le=1, description="more than this share of peers has it online")
    ] = 0.5,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[BlindSpots] | Response[bytes]:
    """Services of which nothing is recorded here, but which most comparable municipalities have online, and whom to ask."""
    key = municipality_id(municipality)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    answer = await desk(request).ask(lambda connection: blind_spots(connection, key, moment, share))
    return await answered(request, answer, format, f"{key}-blind-spots")


@get(f"{_PATH}/peers", operation_id="list_peers", operation_class=Downloadable, responses=problems(422))
async def list_peers(
    request: EdgeRequest,
    municipality: FromPath[str],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_least: AtLeast = None,
    service: Annotated[str | None, QueryParameter(description="who of them has it online, and with what")] = None,
    format: Format = None,  # noqa: A002 - the pinned name
) -> Response[Peers] | Response[bytes]:
    """Comparable municipalities, 50 at most; with `service`, those that have it online first, of the same region first."""
    key = municipality_id(municipality)
    about = None if service is None else service_key(service)
    moment = desk(request).moment(as_of, known_at)
    await desk(request).wait(at_least)
    async with desk(request).reading() as connection:
        answer = await peers.peers(connection, key, about, moment)
    return await answered(request, answer, format, f"{key}-peers")


HANDLERS = [
    show_municipality,
    list_cells_of_municipality,
    list_opportunities,
    list_blind_spots,
    list_peers,
]
