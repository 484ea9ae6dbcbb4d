"""Taking back all statuses of one basis."""

from litestar import Response, delete
from litestar.params import FromPath, FromQuery

from catalog.desk import answered, desk
from catalog.domain.status_clearing import Cleared, RetractStatuses
from catalog.reading.sheet import known, timelines_of
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, takes
from edge.documenting import problems
from edge.guarding import require
from events.contracts.keys import municipality_id
from events.contracts.words import BasisKind


@delete(
    "/municipalities/{municipality:str}/statuses",
    operation_id="retract_statuses",
    status_code=200,
    guards=[require("editor", "operator")],
    opt=takes(IDEMPOTENCY_KEY),
    responses=problems(404, 410, 422),
)
async def retract_statuses(
    request: EdgeRequest, municipality: FromPath[str], basis: FromQuery[BasisKind]
) -> Response[Cleared]:
    """Void everything recorded on that basis, for example a demonstration; what else was recorded holds again."""
    asked = municipality_id(municipality)
    await desk(request).may_write_for(request.caller, asked)
    here = await known(desk(request).engine, asked)
    timelines = await timelines_of(desk(request).engine, here.id)
    of_basis = sorted(
        service
        for service, timeline in timelines.items()
        if any(recording.state.basis.kind == basis for recording in timeline.recordings)
    )
    command = RetractStatuses(municipality=here.id, services=tuple(of_basis), basis=basis, today=desk(request).today())
    return answered(await desk(request).keep(request, command))


HANDLERS = [retract_statuses]
