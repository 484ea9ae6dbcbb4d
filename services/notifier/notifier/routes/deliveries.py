"""Deliveries: what was sent, what came of it, and once more."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.guarding import require
from edge.paging import Page, Paging, page, sliced
from edge.problems import Problem
from notifier.channels.deliveries import reading
from notifier.channels.deliveries.reading import Delivery, Target
from notifier.channels.deliveries.settling import State
from notifier.domain.subscription import OnlyForWebhooks, SubscriptionIsClosed, SubscriptionIsDisabled
from notifier.office import office, owner
from notifier.routes.subscriptions import own


class Again(msgspec.Struct, frozen=True):
    """How many deliveries are due now."""

    due: int


@get(
    "/subscriptions/{subscription:uuid}/deliveries",
    operation_id="find_deliveries",
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404),
)
async def find(
    request: EdgeRequest,
    subscription: FromPath[UUID],
    paging: NamedDependency[Paging],
    which: Annotated[State | None, QueryParameter(name="state")] = None,
) -> Response[Page[Delivery]]:
    """Newest first, each with its attempts; with `state=given-up` only what never arrived."""
    at = office(request)
    await own(request, at, subscription)
    before = paging.after_as(tuple[datetime, UUID])
    async with at.transaction() as connection:
        rows = await reading.deliveries(connection, subscription, before, paging.limit + 1, which)
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
        _refuse_unless_sent_to(await reading.target(connection, at.desk.safe, found[1]))
        await reading.deliver_again(connection, delivery, at.desk.clock())
        return await reading.delivery(connection, delivery)


@post(
    "/subscriptions/{subscription:uuid}/redeliver",
    operation_id="redeliver_given_up",
    status_code=202,
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 409),
)
async def redeliver_given_up(request: EdgeRequest, subscription: FromPath[UUID]) -> Again:
    """Send all that was given up again now, under the same webhook-ids and with fresh schedules."""
    at = office(request)
    _refuse_unless_sent_to(await own(request, at, subscription))
    async with at.transaction() as connection:
        return Again(due=await reading.deliver_given_up_again(connection, subscription, at.desk.clock()))


def _refuse_unless_sent_to(target: Target | None) -> None:
    """Raises SubscriptionIsClosed, OnlyForWebhooks, SubscriptionIsDisabled."""
    if target is None or target.closed_at is not None:
        raise SubscriptionIsClosed
    if target.channel != "webhook":
        raise OnlyForWebhooks
    if target.disabled_at is not None:
        raise SubscriptionIsDisabled


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


HANDLERS = [find, redeliver, redeliver_given_up]
