"""Letting another authority record for a municipality, taking that back, and seeing who may for whom."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from catalog.desk import answered, desk
from catalog.domain import delegation
from catalog.domain.asking import Brief
from catalog.domain.delegation_changes import EndDelegation, GrantDelegation
from catalog.keeping.looking import municipality_id as known_id
from catalog.keeping.looking import plain
from catalog.reading.delegations import Granted, of_municipality
from catalog.reading.sheet import known
from catalog.routes.paths import MunicipalityKey
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, takes
from edge.documenting import also, problems
from edge.guarding import require
from edge.paging import Page, Paging, page, sliced
from events.contracts.keys import municipality_id

LIST = "/municipalities/{municipality:str}/delegations"
PATH = LIST + "/{delegate:str}"


class DelegationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what legal basis, if that is to be said."""

    legal_basis: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


@put(
    PATH,
    operation_id="grant_delegation",
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Brief, "it may from now on") | problems(409, 410, 412, 422),
)
async def grant_delegation(
    request: EdgeRequest, municipality: MunicipalityKey, delegate: MunicipalityKey, data: JSONBody[DelegationBody]
) -> Response[Brief]:
    """From now on the delegate's editors may record, retract and confirm the municipality's statuses, also as a sheet."""
    here, whom = await _both(request, municipality, delegate)
    command = GrantDelegation(
        municipality=here, delegate=whom, today=desk(request).today(), legal_basis=data.legal_basis
    )
    return answered(await desk(request).keep(request, command, key=delegation.key_of(here, whom)))


@delete(
    PATH,
    operation_id="end_delegation",
    status_code=200,
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=problems(404, 409, 412),
)
async def end_delegation(
    request: EdgeRequest, municipality: MunicipalityKey, delegate: MunicipalityKey
) -> Response[Brief]:
    """From now on it may not any more. What it recorded stays recorded."""
    here, whom = await _both(request, municipality, delegate)
    command = EndDelegation(municipality=here, delegate=whom, today=desk(request).today())
    return answered(await desk(request).keep(request, command, key=delegation.key_of(here, whom)))


@get(LIST, operation_id="find_delegations")
async def find_delegations(
    request: EdgeRequest,
    municipality: MunicipalityKey,
    paging: NamedDependency[Paging],
    received: FromQuery[bool] = False,
) -> Response[Page[Granted]]:
    """Whom the municipality lets record for it, or (`received=true`) for whom it may; those that ended too."""
    here = await known(desk(request).engine, municipality_id(municipality))
    after = paging.after_as(str) or ""
    async with plain(desk(request).engine) as connection:
        found = await of_municipality(connection, here.id, received=received, after=after, limit=paging.limit + 1)
    rows, more = sliced(found, paging.limit)
    last = rows[-1] if rows else None
    return page(request, rows, (last.municipality.id if received else last.delegate.id) if more and last else None)


async def _both(request: EdgeRequest, municipality: str, delegate: str) -> tuple[str, str]:
    """The ids of both, whichever of their keys were named; whoever is unknown is left for the decision to refuse."""
    here, whom = municipality_id(municipality), municipality_id(delegate, "delegate")
    await desk(request).may_write_for(request.caller, here)
    engine = desk(request).engine
    return await known_id(engine, here) or here, await known_id(engine, whom) or whom


HANDLERS = [grant_delegation, end_delegation, find_delegations]
