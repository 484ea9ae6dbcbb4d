"""One service's status in one municipality: record, read, retract, look back."""

from datetime import date

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from catalog.desk import answered, desk
from catalog.domain import status
from catalog.domain.entry import Entry
from catalog.domain.status import NOTHING, Shown
from catalog.domain.status_changes import RecordStatus, RetractStatus
from catalog.domain.status_refusals import NothingRecorded
from catalog.keeping.looking import look
from catalog.reading.history import HistoryItem, history
from catalog.routes.cells import cell
from catalog.routes.paths import MunicipalityKey, ServiceKey
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, etag, not_modified, takes
from edge.documenting import also, problems
from edge.guarding import require
from edge.paging import Page, Paging, page, sliced
from events.contracts.keys import municipality_id, service_key
from events.contracts.parts import SELF, Basis, Maturity
from events.contracts.words import Phase, Reason

PATH = "/municipalities/{municipality:str}/services/{service:str}/status"


class StatusBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the service is. `effective_on` is the day from which that is so, today at the latest."""

    phase: Phase
    effective_on: date
    maturity: Maturity | None = None
    expected_live_on: date | None = None
    online_url: str | None = None
    solution: str | None = None
    reason: Reason | None = None
    basis: Basis = SELF
    correction: bool = False
    note: str | None = None


@put(
    PATH,
    operation_id="record_status",
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Shown, "the first status of this service") | problems(409, 410, 412, 422),
)
async def record_status(
    request: EdgeRequest, municipality: MunicipalityKey, service: ServiceKey, data: JSONBody[StatusBody]
) -> Response[Shown]:
    """Record how far a service is. What is in force on that day already is no new event."""
    here, what, at = municipality_id(municipality), service_key(service), desk(request)
    delegate = await at.recording_for(request.caller, here)
    entry = Entry(service=what, **msgspec.structs.asdict(data))
    command = RecordStatus(municipality=here, entry=entry, today=at.today(), delegate=delegate)
    return answered(await at.keep(request, command, key=status.key_of(here, what)))


@delete(
    PATH,
    operation_id="retract_status",
    status_code=200,
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=problems(404, 409, 410, 412, 422),
)
async def retract_status(
    request: EdgeRequest,
    municipality: MunicipalityKey,
    service: ServiceKey,
    effective_on: FromQuery[date | None] = None,
) -> Response[Shown]:
    """Void what is in force today, or the recording of `effective_on`; what was before it holds again."""
    here, what = municipality_id(municipality), service_key(service)
    delegate = await desk(request).recording_for(request.caller, here)
    command = RetractStatus(
        municipality=here,
        service=what,
        today=desk(request).today(),
        effective_on=effective_on,
        delegate=delegate,
    )
    return answered(await desk(request).keep(request, command, key=status.key_of(here, what)))


@get(PATH, operation_id="show_status", opt=takes(IF_NONE_MATCH))
async def show_status(
    request: EdgeRequest, municipality: MunicipalityKey, service: ServiceKey
) -> Response[Shown | None]:
    """What is in force today."""
    here, what = await cell(request, municipality, service)
    key = status.key_of(here.id, what.key)
    state = (await look(desk(request).engine, [key])).get(key, NOTHING)
    shown = status.shown(here.ref, what.ref, state, desk(request).today())
    if shown.state is None:
        raise NothingRecorded(here.name, what.ref.title)
    headers = {"ETag": etag(shown.version)}
    if not_modified(request.if_none_match, shown.version):
        return Response(None, status_code=304, headers=headers)
    return Response(shown, headers=headers)


@get(f"{PATH}/history", operation_id="show_status_history", responses=problems(401))
async def show_status_history(
    request: EdgeRequest, municipality: MunicipalityKey, service: ServiceKey, paging: NamedDependency[Paging]
) -> Response[Page[HistoryItem]]:
    """Everything ever recorded, retracted and confirmed, oldest first; notes only for those who may write them."""
    here, what = await cell(request, municipality, service)
    reader = request.reader
    with_notes = reader is not None and reader.role in {"editor", "operator"} and reader.may_act_for(here.id)
    said = await history(desk(request).engine, status.key_of(here.id, what.key), with_notes=with_notes)
    after = paging.after_as(int) or 0
    items, more = sliced([item for item in said if item.position > after][: paging.limit + 1], paging.limit)
    return page(request, items, items[-1].position if more else None)


HANDLERS = [record_status, retract_status, show_status, show_status_history]
