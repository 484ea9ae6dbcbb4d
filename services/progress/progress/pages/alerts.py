"""Setting alerts: say what one wants to be told, see what that would have told in the last year, then set it; and one's own."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from edge.asking import EdgeRequest
from edge.guarding import require
from edge.sessions import own_page
from events.contracts.keys import bare
from events.contracts.notifier import Filter
from events.contracts.parts import ServiceRef
from events.contracts.regions import region_name, regions
from progress.desk import desk
from progress.domain.names import THEMES, named
from progress.pages.alerts_wish import EVENTS, FIELDS, Wish, blank, filled
from progress.pages.asked import Asked, asked
from progress.pages.calling import NotDone, neighbours
from progress.pages.rendering import REFUSED, private
from progress.pages.session import required

_SHOWN: Final = 100
_DONE: Final = {"beendet": "alerts_closed", "eingeschaltet": "alerts_reactivated", "angekommen": "alerts_arrived"}
_SEND: Final[Mapping[str, Any]] = {
    "include_in_schema": False,
    "guards": [own_page, require("editor", "publisher", "operator")],
    "exception_handlers": REFUSED,
}


class Channel(msgspec.Struct, frozen=True):
    """Where to: the address of a server, or of a mailbox."""

    kind: str
    url: str = ""
    address: str = ""


class Subscription(msgspec.Struct, frozen=True):
    """One of one's own, as far as the page shows it."""

    id: UUID
    channel: Channel
    municipality: str | None
    filter: Filter
    mode: str
    opened_at: datetime
    closed_at: datetime | None = None
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    confirm_until: datetime | None = None
    secret: str | None = None
    notice: str | None = None

    @property
    def state(self) -> str:
        """One word for how it is."""
        if self.closed_at is not None:
            return "closed"
        if self.disabled_at is not None:
            return "disabled"
        if self.confirm_until is not None:
            return "unconfirmed"
        return "failing" if self.failing_since is not None else "open"


class Subscriptions(msgspec.Struct, frozen=True):
    """A page of them."""

    items: tuple[Subscription, ...] = ()


class Tried(msgspec.Struct, frozen=True):
    """What a receiver said to a try."""

    delivered: bool
    status: int | None = None
    error: str | None = None


class Attempt(msgspec.Struct, frozen=True):
    """One request."""

    at: datetime
    status: int | None = None
    error: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """One thing that was, or is to be, sent."""

    state: str
    created_at: datetime
    alerts: tuple[UUID, ...] = ()
    attempts: tuple[Attempt, ...] = ()


class Deliveries(msgspec.Struct, frozen=True):
    """The latest."""

    items: tuple[Delivery, ...] = ()


class Would(msgspec.Struct, frozen=True):
    """One thing that would have been told."""

    time: datetime
    title: dict[str, str]
    services: tuple[ServiceRef, ...] = ()
    solution: str | None = None


class Preview(msgspec.Struct, frozen=True):
    """What a year would have brought."""

    since: datetime
    count: int
    complete: bool
    not_kept: tuple[str, ...]
    items: tuple[Would, ...]


@get("/hinweise", include_in_schema=False, exception_handlers=REFUSED)
async def show_alerts(request: EdgeRequest) -> Response[str]:
    """One's own subscriptions, and how they are; and what was just done with one of them."""
    by = asked(request)
    done = _DONE.get(request.query_params.get("getan", ""))
    return await _own(by, done=by.words[done] if done is not None else "")


@get("/hinweise/einrichten", include_in_schema=False, exception_handlers=REFUSED)
async def show_setting(request: EdgeRequest) -> Response[str]:
    """The form, as most want it."""
    by = asked(request)
    return _form(by, blank(required(request), request.query_params))


@post("/hinweise/einrichten", status_code=200, **_SEND)
async def set_alerts(request: EdgeRequest) -> Response[str]:
    """First only the preview; what was looked at can then be set."""
    by = asked(request)
    form = await request.form()
    wish = filled(required(request), form)
    try:
        told = await neighbours(by).ask(by, "notifier", "POST", "/subscriptions/preview", json=wish.wanted())
        preview = told.read(Preview)
        if form.get("tun") != "einrichten":
            return _form(by, wish, preview)
        if _same(await _all(by), wish):
            return _form(by, wish, preview, {"": by.words["alerts_twice"]})
        made = await neighbours(by).ask(by, "notifier", "POST", "/subscriptions", json=wish.subscription())
    except NotDone as no:
        return _form(by, wish, None, no.beside(FIELDS))
    return private(by, "alerts_set.html", made=made.read(Subscription), **_words(by))


@get("/hinweise/{subscription:uuid}", include_in_schema=False, exception_handlers=REFUSED)
async def show_deliveries(request: EdgeRequest, subscription: FromPath[UUID]) -> Response[str]:
    """What was sent for one of them, and what came of it."""
    by = asked(request)
    required(request)
    path = f"/subscriptions/{subscription}"
    one = (await neighbours(by).ask(by, "notifier", "GET", path)).read(Subscription)
    found = await neighbours(by).ask(by, "notifier", "GET", f"{path}/deliveries", params={"limit": "30"})
    return private(by, "alerts_sent.html", one=one, deliveries=found.read(Deliveries).items, **_words(by))


@post("/hinweise/{subscription:uuid}/beenden", status_code=200, **_SEND)
async def close(request: EdgeRequest, subscription: FromPath[UUID]) -> Response[Any]:
    """Nothing more is sent there."""
    by = asked(request)
    await neighbours(by).ask(by, "notifier", "DELETE", f"/subscriptions/{subscription}")
    return _back(by, "beendet")


@post("/hinweise/{subscription:uuid}/einschalten", status_code=200, **_SEND)
async def reactivate(request: EdgeRequest, subscription: FromPath[UUID]) -> Response[Any]:
    """Send there again."""
    by = asked(request)
    await neighbours(by).ask(by, "notifier", "POST", f"/subscriptions/{subscription}/reactivate")
    return _back(by, "eingeschaltet")


@post("/hinweise/{subscription:uuid}/probieren", status_code=200, **_SEND)
async def try_out(request: EdgeRequest, subscription: FromPath[UUID]) -> Response[Any]:
    """Send something now, and say what the receiver said."""
    by = asked(request)
    try:
        told = await neighbours(by).ask(by, "notifier", "POST", f"/subscriptions/{subscription}/test", seconds=30)
    except NotDone as no:
        return await _own(by, wrong=no.detail)
    tried = told.read(Tried)
    if tried.delivered:
        return _back(by, "angekommen")
    return await _own(by, wrong=by.words["alerts_not_arrived"].format(why=tried.error or tried.status))


def _back(by: Asked, done: str) -> Response[None]:
    address = by.links.to("/hinweise", getan=done)
    return Response(None, status_code=303, headers={"location": address, "cache-control": "no-store"})


async def _own(by: Asked, *, done: str = "", wrong: str = "") -> Response[str]:
    required(by.request)
    several = sorted(await _all(by), key=lambda one: (one.closed_at is not None, -one.opened_at.timestamp()))
    return private(by, "alerts.html", several=several, done=done, wrong=wrong, **_words(by))


async def _all(by: Asked) -> Sequence[Subscription]:
    told = await neighbours(by).ask(by, "notifier", "GET", "/subscriptions", params={"limit": str(_SHOWN)})
    return told.read(Subscriptions).items


def _same(several: Sequence[Subscription], wish: Wish) -> bool:
    """Whether one of these says it already: who clicks twice means it once."""
    return any(
        one.closed_at is None
        and (one.channel.address == wish.address if wish.channel == "email" else one.channel.url == wish.url)
        and (bare(one.municipality) if one.municipality else "") == wish.wanted().get("municipality", "")
        and set(map(bare, one.filter.services)) == set(map(bare, wish.services))
        and (set(one.filter.themes), set(one.filter.regions)) == (set(wish.themes), set(wish.regions))
        and set(one.filter.events) == set(wish.events)
        for one in several
    )


def _form(
    by: Asked, wish: Wish, preview: Preview | None = None, wrong: Mapping[str, str] | None = None
) -> Response[str]:
    session = required(by.request)
    return private(
        by,
        "alerts_setting.html",
        status=422 if wrong else 200,
        wish=wish,
        preview=preview,
        wrong=wrong or {},
        home=session.name if session.home is not None and session.caller.role == "editor" else "",
        asks_town=session.caller.role == "operator",
        themes=[(code, named(THEMES, code)[by.language]) for code in THEMES],
        regions=sorted(
            ((code, region_name(code, by.language)) for code in regions() if code.startswith("DE-")), key=_name
        ),
        events=EVENTS,
        **_words(by),
    )


def _name(pair: tuple[str, str]) -> str:
    return pair[1]


def _words(by: Asked) -> dict[str, Any]:
    """What the templates say of a filter and a day."""

    def day(time: datetime) -> date:
        return desk(by.request).day(time)

    def filtered(wanted: Filter) -> str:
        """In words: themes, services, regions, events."""
        parts = [
            *(named(THEMES, one)[by.language] for one in wanted.themes),
            *(bare(one) for one in wanted.services),
            *(region_name(one, by.language) for one in wanted.regions),
            *(by.words.get(f"event_{one}", one) for one in wanted.events),
        ]
        return ", ".join(parts)

    return {"day": day, "filtered": filtered}


HANDLERS = [show_alerts, show_setting, set_alerts, show_deliveries, close, reactivate, try_out]
