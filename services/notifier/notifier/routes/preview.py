"""What a subscription would have been told in the last year: to be looked at before it is opened."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.guarding import require
from events.contracts.keys import municipality_id
from events.contracts.notifier import Filter
from notifier.audience.previewing import Preview, preview
from notifier.audience.subscriptions import find_authority
from notifier.domain.subscription import Mode, understood
from notifier.office import office
from notifier.routes.refusals import key_in
from notifier.routes.subscriptions import NewFilter


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subscription without its channel. The mode changes when things are told, not which."""

    municipality: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    filter: NewFilter = NewFilter()
    mode: Mode = "instant"


@post(
    "/subscriptions/preview",
    operation_id="preview_subscription",
    status_code=200,
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 422),
)
async def preview_subscription(request: EdgeRequest, data: JSONBody[Wanted]) -> Preview:
    """What it would have been told in the last 365 days, had it been open, newest first. Nothing is opened.

    Of any municipality, because everyone may read what each was told.
    """
    at = office(request)
    key = key_in("municipality", municipality_id, data.municipality) if data.municipality is not None else None
    wanted = understood(Filter(**msgspec.structs.asdict(data.filter)), municipality=key is not None)
    async with at.transaction() as connection:
        authority = await find_authority(connection, key) if key is not None else None
        return await preview(connection, wanted, authority, at.desk.clock())


HANDLERS = [preview_subscription]
