"""Who delivers a service for a municipality, and saying that it is somebody else than the rule has it."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromQuery, JSONBody

from catalog.desk import answered, by, desk
from catalog.domain import responsibility
from catalog.domain.asking import Brief
from catalog.domain.responsibility import NOBODY_SAID, Assignment, deliverer, delivers
from catalog.domain.responsibility_changes import AssignResponsibility, EndResponsibility
from catalog.keeping.looking import look
from catalog.routes.cells import cell
from catalog.routes.paths import MunicipalityKey, ServiceKey
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, takes
from edge.documenting import also, problems
from edge.guarding import require
from events.contracts.keys import municipality_id, region_code, service_key
from events.contracts.parts import SELF, Basis, MunicipalityRef, ServiceRef

PATH = "/municipalities/{municipality:str}/responsibilities/{service:str}"


class ServesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom: a region or members, exactly one of both."""

    region: str | None = None
    members: Annotated[list[str], msgspec.Meta(max_length=2000)] | None = None


class ResponsibilityBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom the municipality delivers the service, from which day (default: today), on what legal basis."""

    serves: ServesBody
    effective_on: date | None = None
    legal_basis: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    basis: Basis = SELF


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Who delivers the service for the municipality on a day. `itself`: be it for itself or for others."""

    municipality: MunicipalityRef
    service: ServiceRef
    on: date
    itself: bool
    delivered_by: MunicipalityRef | None
    assignments: tuple[Assignment, ...]


@put(
    PATH,
    operation_id="assign_responsibility",
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Brief, "the first assignment of this service to this municipality")
    | problems(403, 409, 410, 412, 422),
)
async def assign_responsibility(
    request: EdgeRequest, municipality: MunicipalityKey, service: ServiceKey, data: JSONBody[ResponsibilityBody]
) -> Response[Brief]:
    """From that day the municipality delivers the service for a region or for members, instead of whoever did."""
    here, what, today = municipality_id(municipality), service_key(service), desk(request).today()
    await desk(request).may_write_for(request.caller, here)
    command = AssignResponsibility(
        municipality=here,
        service=what,
        region=None if data.serves.region is None else region_code(data.serves.region, "serves.region"),
        members=None
        if data.serves.members is None
        else tuple(municipality_id(one, "serves.members") for one in data.serves.members),
        effective_on=data.effective_on or today,
        legal_basis=data.legal_basis,
        basis=data.basis,
        by=by(request.caller),
        today=today,
    )
    return answered(await desk(request).keep(request, command, key=responsibility.key_of(here, what)))


@delete(
    PATH,
    operation_id="end_responsibility",
    status_code=200,
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=problems(404, 409, 412, 422),
)
async def end_responsibility(
    request: EdgeRequest,
    municipality: MunicipalityKey,
    service: ServiceKey,
    effective_on: FromQuery[date | None] = None,
) -> Response[Brief]:
    """From that day (default: today) the rule holds again."""
    here, what, today = municipality_id(municipality), service_key(service), desk(request).today()
    await desk(request).may_write_for(request.caller, here)
    command = EndResponsibility(municipality=here, service=what, effective_on=effective_on or today, today=today)
    return answered(await desk(request).keep(request, command, key=responsibility.key_of(here, what)))


@get(PATH, operation_id="show_responsibility")
async def show_responsibility(
    request: EdgeRequest,
    municipality: MunicipalityKey,
    service: ServiceKey,
    on: FromQuery[date | None] = None,
) -> Response[Delivery]:
    """Who delivers the service for the municipality, today or on another day."""
    here, what = await cell(request, municipality, service)
    key = responsibility.concerning(here.id, what.key)
    said = (await look(desk(request).engine, [key])).get(key, NOBODY_SAID)
    day = on or desk(request).today()
    return Response(
        Delivery(
            municipality=here.ref,
            service=what.ref,
            on=day,
            itself=delivers(here, what, said, day),
            delivered_by=deliverer(here, what, said, day),
            assignments=said.assignments,
        )
    )


HANDLERS = [assign_responsibility, end_responsibility, show_responsibility]
