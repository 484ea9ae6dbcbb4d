"""Solutions: publish, revise, withdraw, find."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from catalog.desk import answered, by, desk
from catalog.domain import solution
from catalog.domain.solution import Offered, SolutionState, SolutionUnknown, offered
from catalog.domain.solution_changes import PublishSolution, WithdrawSolution
from catalog.keeping.looking import look
from catalog.reading.solutions import find
from catalog.routes.paths import SolutionSlug
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, etag, not_modified, takes
from edge.documenting import also, problems
from edge.guarding import require
from edge.paging import Page, Paging, page, sliced
from events.contracts import keys
from events.contracts.parts import SELF, Basis
from events.contracts.words import SolutionKind

PATH = "/solutions/{slug:str}"
Line = Annotated[str, msgspec.Meta(max_length=300)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Address = Annotated[str, msgspec.Meta(max_length=2048)]


class PublisherBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who publishes it: `id` is an authority (`ars:…`) or another organisation (`org:…`)."""

    id: Line
    name: Line | None = None


class SolutionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All facts of a solution. `publisher` is a key, a plain name, or both."""

    name: Line
    kind: SolutionKind
    services: Annotated[list[str], msgspec.Meta(max_length=2000)]
    publisher: Line | PublisherBody
    efa: bool = False
    description: Text | None = None
    url: Address | None = None
    licence: Line | None = None
    source_url: Address | None = None
    operator: Line | None = None
    exit: Text | None = None
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "de"
    translations: dict[str, dict[str, str]] | None = None
    basis: Basis = SELF


@put(
    PATH,
    operation_id="publish_solution",
    guards=[require("publisher", "operator")],
    opt=takes(IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Offered, "published for the first time") | problems(403, 410, 412, 422),
)
async def publish_solution(request: EdgeRequest, slug: SolutionSlug, data: JSONBody[SolutionBody]) -> Response[Offered]:
    """Publish a solution, or say all its facts anew. It belongs to the publisher that first published it."""
    named = data.publisher if isinstance(data.publisher, PublisherBody) else PublisherBody(id=data.publisher)
    own = {"services", "publisher"}
    facts = {name: getattr(data, name) for name in SolutionBody.__struct_fields__ if name not in own}
    command = PublishSolution(
        slug=keys.slug(slug),
        services=tuple(keys.service_key(one, "services") for one in data.services),
        publisher=named.id,
        publisher_name=named.name,
        by=by(request.caller),
        **facts,
    )
    return answered(await desk(request).keep(request, command, key=solution.key_of(slug)))


@delete(
    PATH,
    operation_id="withdraw_solution",
    status_code=200,
    guards=[require("publisher", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=problems(403, 404, 412, 422),
)
async def withdraw_solution(request: EdgeRequest, slug: SolutionSlug) -> Response[Offered]:
    """Offer it to nobody any more; that closes it everywhere."""
    command = WithdrawSolution(slug=keys.slug(slug), by=by(request.caller))
    return answered(await desk(request).keep(request, command, key=solution.key_of(slug)))


@get(PATH, operation_id="show_solution", opt=takes(IF_NONE_MATCH))
async def show_solution(request: EdgeRequest, slug: SolutionSlug) -> Response[Offered | None]:
    """A solution with where it is open, also one that was withdrawn."""
    key = solution.key_of(keys.slug(slug))
    state: SolutionState | None = (await look(desk(request).engine, [key])).get(key)
    if state is None:
        raise SolutionUnknown(slug)
    headers = {"ETag": etag(state.version)}
    if not_modified(request.if_none_match, state.version):
        return Response(None, status_code=304, headers=headers)
    return Response(offered(state), headers=headers)


@get("/solutions", operation_id="find_solutions")
async def find_solutions(
    request: EdgeRequest,
    paging: NamedDependency[Paging],
    service: FromQuery[str | None] = None,
    region: FromQuery[str | None] = None,
    q: Annotated[str | None, QueryParameter(max_length=200)] = None,
    withdrawn: FromQuery[bool] = False,
) -> Response[Page[Offered]]:
    """What there is to reuse, by name: for a service, open in a region, with these words."""
    rows = await find(
        desk(request).engine,
        service=None if service is None else keys.service_key(service),
        region=None if region is None else keys.region_code(region),
        words=(q or "").split(),
        withdrawn=withdrawn,
        today=desk(request).today(),
        after=paging.after_as(tuple[str, str]),
        limit=paging.limit + 1,
    )
    items, more = sliced(rows, paging.limit)
    last = (items[-1].solution.name, items[-1].solution.slug) if more else None
    return page(request, items, last)


HANDLERS = [publish_solution, withdraw_solution, show_solution, find_solutions]
