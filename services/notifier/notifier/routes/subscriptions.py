"""Subscribing: open, list, look at, try, reactivate, close."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from edge.asking import EdgeRequest
from edge.documenting import problems
from edge.guarding import require
from edge.paging import Page, Paging, address, page, sliced
from edge.tokens import Caller
from events.contracts.keys import municipality_id
from events.contracts.notifier import Filter
from events.log.connect import Connection
from notifier.audience.subscriptions import Wish, find_authority, open_subscription, reactivate
from notifier.channels.deliveries import reading
from notifier.channels.deliveries.reading import Subscription, Target
from notifier.channels.deliveries.settling import end
from notifier.channels.email.confirming import ask
from notifier.channels.webhook import trying
from notifier.channels.webhook.trying import Tried
from notifier.domain import signature
from notifier.domain.signature import Signature
from notifier.domain.subscription import (
    MOST_OPEN,
    Mode,
    NotYourMunicipality,
    OnlyForWebhooks,
    SubscriptionIsClosed,
    SubscriptionUnknown,
    TooManySubscriptions,
    understood,
)
from notifier.office import Office, full, office, owner
from notifier.routes.destinations import NewMail, NewWebhook, destination, may_be_asked, notice
from notifier.routes.refusals import key_in

SECRET_BYTES = 32
Entry = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Entries = Annotated[tuple[Entry, ...], msgspec.Meta(max_length=1000)]


class NewFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Empty lists mean everything. Events by name, such as `solution-became-available`."""

    services: Entries = ()
    themes: Entries = ()
    regions: Entries = ()
    events: Entries = ()


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one wants to hear, and where. With a municipality the filter only narrows; without one it may not be empty.

    `mode` and `signature` are about webhooks: a mail is a digest, at most one a day.
    """

    channel: NewWebhook | NewMail
    municipality: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    filter: NewFilter = NewFilter()
    mode: Mode = "instant"
    signature: Signature = "hmac-sha256"


class Opened(Subscription, frozen=True, kw_only=True):
    """The subscription with its secret, which is shown this once; with ed25519, and with mail, there is none to share.

    `notice` says what is left to do, in the language that was asked for.
    """

    secret: str | None
    notice: str | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """The new secret, or with ed25519 the new public key, and until when the one before signs beside it."""

    secret: str | None
    public_key: str | None
    before_until: datetime


@post(
    "/subscriptions",
    operation_id="open_subscription",
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 409, 422),
)
async def open_(request: EdgeRequest, data: JSONBody[NewSubscription]) -> Response[Opened]:
    """Listen from now on; by mail, from when somebody has used the link in the mail that we send. What is open now comes as one summary."""
    at, caller = office(request), request.caller
    key = key_in("municipality", municipality_id, data.municipality) if data.municipality is not None else None
    wanted = understood(
        Filter(
            services=data.filter.services,
            themes=data.filter.themes,
            regions=data.filter.regions,
            events=data.filter.events,
        ),
        municipality=key is not None,
    )
    to = await destination(request, at, data.channel, data.mode)
    secret = signature.secret(
        at.random_bytes(SECRET_BYTES), data.signature if to.channel == "webhook" else "hmac-sha256"
    )
    async with at.transaction() as connection:
        if caller.role != "operator":
            await _may_subscribe(connection, caller, key)
        await may_be_asked(connection, at, caller, to)
        wish = Wish(
            owner(caller), to.channel, to.url, to.endpoint, secret, key, wanted, to.mode, to.language, to.confirm_until
        )
        id_ = await open_subscription(connection, at.desk, wish, at.context(caller))
        if to.confirm_until is not None:
            await ask(connection, at.desk, id_)
        (opened,) = await reading.subscriptions(connection, at.desk.safe, owner=None, id_=id_)
    shown = {name: getattr(opened, name) for name in Subscription.__struct_fields__}
    body = Opened(**shown, secret=_shared(secret) if to.channel == "webhook" else None, notice=notice(request, at, to))
    return Response(body, status_code=201, headers={"Location": address(request, f"/subscriptions/{id_}")})


@get("/subscriptions", operation_id="find_subscriptions", guards=[require("editor", "publisher", "operator")])
async def find(request: EdgeRequest, paging: NamedDependency[Paging]) -> Response[Page[Subscription]]:
    """Your own, also the closed ones, oldest first; an operator sees everyone's."""
    caller = request.caller
    at = office(request)
    async with at.transaction() as connection:
        rows = await reading.subscriptions(
            connection,
            at.desk.safe,
            owner=None if caller.role == "operator" else owner(caller),
            after=paging.after_as(UUID),
            limit=paging.limit + 1,
        )
    items, more = sliced(rows, paging.limit)
    return page(request, items, items[-1].id if more else None)


@get(
    "/subscriptions/{subscription:uuid}",
    operation_id="show_subscription",
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404),
)
async def show(request: EdgeRequest, subscription: FromPath[UUID]) -> Subscription:
    """One of your own."""
    at = office(request)
    await own(request, at, subscription)
    async with at.transaction() as connection:
        (found,) = await reading.subscriptions(connection, at.desk.safe, owner=None, id_=subscription)
    return found


@delete(
    "/subscriptions/{subscription:uuid}",
    operation_id="close_subscription",
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404),
)
async def close_(request: EdgeRequest, subscription: FromPath[UUID]) -> None:
    """Nothing more is sent. Closing what is closed is fine."""
    at = office(request)
    await own(request, at, subscription)
    async with at.transaction() as connection:
        await end(connection, at.desk, [str(subscription)], "by-owner", at.context(request.caller))


@post(
    "/subscriptions/{subscription:uuid}/test",
    operation_id="try_subscription",
    status_code=200,
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 409),
)
async def try_(request: EdgeRequest, subscription: FromPath[UUID]) -> Tried:
    """Send a signed test event now, and hear what the receiver said."""
    at = office(request)
    found = await own_open(request, at, subscription)
    if found.channel != "webhook":
        raise OnlyForWebhooks
    return await trying.try_out(at.sender, at.desk, found)


@post(
    "/subscriptions/{subscription:uuid}/reactivate",
    operation_id="reactivate_subscription",
    status_code=200,
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 409),
)
async def reactivate_(request: EdgeRequest, subscription: FromPath[UUID]) -> Subscription:
    """Send there again, beginning with a summary of what is open now. Reactivating what is not disabled is fine."""
    at = office(request)
    await own_open(request, at, subscription)
    async with at.transaction() as connection:
        await reactivate(connection, at.desk, subscription, at.context(request.caller))
        (found,) = await reading.subscriptions(connection, at.desk.safe, owner=None, id_=subscription)
    return found


@post(
    "/subscriptions/{subscription:uuid}/secret",
    operation_id="change_secret",
    status_code=200,
    guards=[require("editor", "publisher", "operator")],
    responses=problems(404, 409),
)
async def change_secret(request: EdgeRequest, subscription: FromPath[UUID]) -> Changed:
    """A new secret, shown this once. For a day the one before signs beside it, so that nothing is missed meanwhile."""
    at = office(request)
    found = await own(request, at, subscription)
    if found.channel != "webhook":
        raise OnlyForWebhooks
    secret = signature.secret(at.random_bytes(SECRET_BYTES), signature.signature_of(found.secret))
    until = at.desk.clock() + signature.OVERLAP
    async with at.transaction() as connection:
        if not await reading.change_secret(connection, at.desk.safe, subscription, secret, until):
            raise SubscriptionIsClosed
    return Changed(secret=_shared(secret), public_key=signature.public_key(secret), before_until=until)


def _shared(secret: str) -> str | None:
    """What signs with ed25519 never leaves this house."""
    return secret if signature.signature_of(secret) == "hmac-sha256" else None


async def _may_subscribe(connection: Connection, caller: Caller, key: str | None) -> None:
    """An editor for its own municipality, by whichever of its keys. Raises NotYourMunicipality, TooManySubscriptions."""
    if key is not None:
        mine = full(caller.authority) if caller.authority is not None and caller.role == "editor" else None
        if mine is None or (mine != key and mine != (await find_authority(connection, key)).ref.id):
            raise NotYourMunicipality(mine, key)
    if await reading.open_of(connection, owner(caller)) >= MOST_OPEN:
        raise TooManySubscriptions


async def own(request: EdgeRequest, at: Office, id_: UUID) -> Target:
    """Raises SubscriptionUnknown."""
    caller = request.caller
    async with at.transaction() as connection:
        found = await reading.target(connection, at.desk.safe, id_)
    if found is None or (caller.role != "operator" and found.owner != owner(caller)):
        raise SubscriptionUnknown(id_)
    return found


async def own_open(request: EdgeRequest, at: Office, id_: UUID) -> Target:
    """Raises SubscriptionUnknown, SubscriptionIsClosed."""
    found = await own(request, at, id_)
    if found.closed_at is not None:
        raise SubscriptionIsClosed
    return found


HANDLERS = [open_, find, show, close_, try_, reactivate_, change_secret]
