"""Where a solution is open for reuse: open it, change the terms, close it."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Response, delete, post, put
from litestar.params import JSONBody

from catalog.desk import answered, by, desk
from catalog.domain import solution
from catalog.domain.availability import CloseSolution, OpenSolution
from catalog.domain.solution import Offered
from catalog.routes.paths import RegionCode, SolutionSlug
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, takes
from edge.documenting import also, problems
from edge.guarding import require
from events.contracts import keys
from events.contracts.parts import Amount, Terms

PATH = "/solutions/{slug:str}/availability"
Line = Annotated[str, msgspec.Meta(max_length=300)]
Lines = Annotated[tuple[Line, ...], msgspec.Meta(max_length=100)]


class AmountBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range in whole units of the currency."""

    from_: Annotated[int, msgspec.Meta(ge=0, le=10**12)] | None = msgspec.field(name="from", default=None)
    to: Annotated[int, msgspec.Meta(ge=0, le=10**12)] | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"


class TermsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what terms it can be had."""

    contract: Line | None = None
    offered_by: Line | None = None
    order_url: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    cost_once: AmountBody | None = None
    cost_per_year: AmountBody | None = None
    preconditions: Lines = ()
    works_with: Lines = ()
    notice_months: Annotated[int, msgspec.Meta(ge=0, le=1200)] | None = None


class AvailabilityBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open `from` a day (default: today, or as it is) `until` the first day on which it no longer is."""

    from_: date | None = msgspec.field(name="from", default=None)
    until: date | None = None
    members: Annotated[list[str], msgspec.Meta(max_length=12_000)] | None = None
    terms: TermsBody = TermsBody()


class SeveralBody(AvailabilityBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same for several regions."""

    regions: Annotated[list[str], msgspec.Meta(min_length=1, max_length=500)]


_WRITES = problems(403, 404, 410, 412, 422)


@put(
    f"{PATH}/{{region:str}}",
    operation_id="open_solution",
    guards=[require("publisher", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Offered, "it was not open there") | _WRITES,
)
async def open_solution(
    request: EdgeRequest, slug: SolutionSlug, region: RegionCode, data: JSONBody[AvailabilityBody]
) -> Response[Offered]:
    """Open it in a region, or say how it is open there; the same again is no new event."""
    return await _open(request, slug, [region], data, "region")


@post(
    PATH,
    operation_id="open_solution_in_regions",
    status_code=200,
    guards=[require("publisher", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Offered, "it was not open in at least one of them") | _WRITES,
)
async def open_solution_in_regions(
    request: EdgeRequest, slug: SolutionSlug, data: JSONBody[SeveralBody]
) -> Response[Offered]:
    """Open it in several regions at once; those not named stay as they are."""
    return await _open(request, slug, data.regions, data, "regions")


@delete(
    f"{PATH}/{{region:str}}",
    operation_id="close_solution",
    status_code=200,
    guards=[require("publisher", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=_WRITES,
)
async def close_solution(request: EdgeRequest, slug: SolutionSlug, region: RegionCode) -> Response[Offered]:
    """From today it can no longer be had there."""
    command = CloseSolution(
        slug=keys.slug(slug), region=keys.region_code(region), by=by(request.caller), today=desk(request).today()
    )
    return answered(await desk(request).keep(request, command, key=solution.key_of(slug)))


async def _open(
    request: EdgeRequest, slug: str, regions: list[str], data: AvailabilityBody, field: str
) -> Response[Offered]:
    command = OpenSolution(
        slug=keys.slug(slug),
        regions=tuple(keys.region_code(region, field) for region in regions),
        by=by(request.caller),
        today=desk(request).today(),
        from_=data.from_,
        until=data.until,
        members=None if data.members is None else tuple(keys.municipality_id(one, "members") for one in data.members),
        terms=_terms(data.terms),
    )
    return answered(await desk(request).keep(request, command, key=solution.key_of(slug)))


def _terms(body: TermsBody) -> Terms:
    return Terms(
        contract=body.contract,
        offered_by=body.offered_by,
        order_url=body.order_url,
        cost_once=_amount(body.cost_once),
        cost_per_year=_amount(body.cost_per_year),
        preconditions=body.preconditions,
        works_with=body.works_with,
        notice_months=body.notice_months,
    )


def _amount(body: AmountBody | None) -> Amount | None:
    return None if body is None else Amount(from_=body.from_, to=body.to, currency=body.currency)


HANDLERS = [open_solution, open_solution_in_regions, close_solution]
