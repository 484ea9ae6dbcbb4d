"""What was said: each municipality's inbox, and feeds for everyone."""

from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from edge.asking import EdgeRequest
from edge.conditional import IF_NONE_MATCH, etag, not_modified, takes
from edge.documenting import problems
from edge.paging import Page, Paging, link, page, sliced
from events.contracts.keys import municipality_id, region_code, service_key
from events.contracts.parts import Availability, ServiceRef
from events.contracts.regions import region_name
from events.contracts.words import Theme
from notifier.audience.subscriptions import find_authority
from notifier.channels import inbox
from notifier.channels.feed import atom
from notifier.channels.feed.atom import Entry, Feed
from notifier.channels.feed.news import News, news
from notifier.channels.inbox import Item
from notifier.office import office
from notifier.routes.refusals import key_in

ENTRIES = 100
_ATOM: Any = {
    200: ResponseSpec(str, generate_examples=False, media_type=atom.MEDIA_TYPE, description="the feed"),
    304: ResponseSpec(None, generate_examples=False, description="you have it already"),
}
AtLeast = Annotated[
    int | None, QueryParameter(ge=0, le=2**62, description="wait until the catalog's event at that position was heard")
]


class _Said(msgspec.Struct):
    """What all that stands in an inbox has in common."""

    title: dict[str, str]
    services: tuple[ServiceRef, ...] = ()
    availability: Availability | None = None


class _Event(msgspec.Struct):
    data: _Said


@get("/municipalities/{municipality:str}/alerts", operation_id="find_alerts", responses=problems(404))
async def find(
    request: EdgeRequest, municipality: FromPath[str], paging: NamedDependency[Paging], at_least: AtLeast = None
) -> Response[Page[Item]]:
    """The inbox, newest first; readable without a subscription. `event` is the alert as it is delivered elsewhere."""
    at, key = office(request), municipality_id(municipality)
    await at.caught_up(at_least)
    async with at.transaction() as connection:
        authority = await find_authority(connection, key)
        rows = await inbox.items(connection, authority.id, paging.after_as(int), paging.limit + 1)
    items, more = sliced(rows, paging.limit)
    return page(request, items, items[-1].position if more else None)


@get(
    "/municipalities/{municipality:str}/alerts.atom",
    operation_id="read_alerts_feed",
    media_type=atom.MEDIA_TYPE,
    opt=takes(IF_NONE_MATCH),
    responses=_ATOM | problems(404),
)
async def read_own(request: EdgeRequest, municipality: FromPath[str]) -> Response[bytes]:
    """The inbox as an Atom feed."""
    key = municipality_id(municipality)
    async with office(request).transaction() as connection:
        authority = await find_authority(connection, key)
        items = await inbox.items(connection, authority.id, None, ENTRIES)
    entries = [_alert(item) for item in items]
    title = f"Hinweise für {authority.ref.name}"
    return _answer(request, title, authority.ref.id, entries, items[0].position if items else 0)


@get(
    "/alerts.atom",
    operation_id="read_news_feed",
    media_type=atom.MEDIA_TYPE,
    opt=takes(IF_NONE_MATCH),
    responses=_ATOM,
)
async def read_all(
    request: EdgeRequest,
    region: Annotated[str | None, QueryParameter(max_length=10, description="DE-SN")] = None,
    theme: FromQuery[Theme | None] = None,
    service: Annotated[str | None, QueryParameter(max_length=100, description="basis:postausgang")] = None,
) -> Response[bytes]:
    """News of reusable solutions as an Atom feed: opened, changed, ended."""
    where = key_in("region", region_code, region) if region else None
    what = key_in("service", service_key, service) if service else None
    async with office(request).transaction() as connection:
        rows = await news(connection, region=where, theme=theme, service=what, limit=ENTRIES)
    title = "Nachnutzbare Lösungen" + (f" in {region_name(where)}" if where else "")
    asked = f"region={where or ''}&theme={theme or ''}&service={what or ''}"
    return _answer(request, title, asked, [_news(one) for one in rows], rows[0].position if rows else 0)


def _answer(request: EdgeRequest, title: str, asked: str, entries: list[Entry], newest: int) -> Response[bytes]:
    installation = office(request).desk.log.installation
    headers = {"ETag": etag(newest)}
    if not_modified(request.if_none_match, newest):
        return Response(b"", status_code=304, headers=headers, media_type=atom.MEDIA_TYPE)
    feed = Feed(
        uuid5(NAMESPACE_URL, f"//{installation}/notifier/feed?{asked}"), title, installation, link(request), entries
    )
    return Response(atom.render(feed), headers=headers, media_type=atom.MEDIA_TYPE)


def _alert(item: Item) -> Entry:
    said = msgspec.json.decode(item.event, type=_Event).data
    terms = said.availability.terms.order_url if said.availability is not None else None
    return Entry(
        id=item.id,
        time=item.raised_at,
        title=said.title["de"],
        summary=said.title["en"],
        link=terms,
        categories=[item.reason, *(service.key for service in said.services)],
    )


def _news(one: News) -> Entry:
    told = f" {one.told} municipalities were alerted." if one.told else ""
    return Entry(
        id=one.id,
        time=one.time,
        title=one.title_de,
        summary=f"{one.title_en}.{told}",
        link=one.link,
        categories=[one.event, *one.regions, *one.themes, *one.services],
    )


HANDLERS = [find, read_own, read_all]
