"""Deliveries: what was sent, what came of it, and once more."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.guarding import require
from edge.paging import Page, Paging, page, sliced
from edge.problems import Problem
from notifier.channels.webhook import reading
from notifier.channels.webhook.reading import Delivery
from notifier.domain.subscription import SubscriptionIsClosed, SubscriptionIsDisabled
from notifier.office import office, owner
from notifier.routes.subscriptions import own


@get(
    "/subscriptions/{subscription:uuid}/deliveries",
    operation_id="find_deliveries",
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404),
)
async def find(
    request: EdgeRequest, subscription: FromPath[UUID], paging: NamedDependency[Paging]
) -> Response[Page[Delivery]]:
    """Newest first, each with its attempts."""
    at = office(request)
    await own(request, at, subscription)
    before = paging.after_as(tuple[datetime, UUID])
    async with at.transaction() as connection:
        rows = await reading.deliveries(connection, subscription, before, paging.limit + 1)
    items, more = sliced(rows, paging.limit)
    return page(request, items, (items[-1].created_at, items[-1].id) if more else None)


@post(
    "/deliveries/{delivery:uuid}/redeliver",
    operation_id="redeliver",
    status_code=202,
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 409),
)
async def redeliver(request: EdgeRequest, delivery: FromPath[UUID]) -> Delivery:
    """Send it again now, under the same webhook-id and with a fresh schedule."""
    at, caller = office(request), request.caller
    async with at.transaction() as connection:
        found = await reading.subscription_of(connection, delivery)
        if found is None or (caller.role != "operator" and found[0] != owner(caller)):
            raise _unknown(delivery)
        if not await reading.deliver_again(connection, delivery, at.desk.clock()):
            target = await reading.target(connection, found[1])
            raise SubscriptionIsClosed if target is None or target.closed_at is not None else SubscriptionIsDisabled
        return await reading.delivery(connection, delivery)


def _unknown(id_: UUID) -> Problem:
    return Problem(
        404,
        "delivery-unknown",
        {"en": "Not known", "de": "Nicht bekannt"},
        {
            "en": f"You have no delivery {id_}. Yours are under /subscriptions/…/deliveries.",
            "de": f"Sie haben keine Zustellung {id_}. Ihre stehen unter /subscriptions/…/deliveries.",
        },
    )


HANDLERS = [find, redeliver]
