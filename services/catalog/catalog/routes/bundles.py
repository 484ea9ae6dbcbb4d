"""Bundles (OZG-Leistungen): find and show."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from catalog.desk import desk
from catalog.domain.bundle import BundleUnknown
from catalog.keeping.looking import plain
from catalog.reading.bundles import BundleShown, find_bundles, one_bundle
from edge.asking import EdgeRequest
from edge.paging import Page, Paging, page, sliced
from events.contracts.words import Theme


@get("/bundles", operation_id="find_bundles")
async def find(
    request: EdgeRequest,
    paging: NamedDependency[Paging],
    q: Annotated[str | None, QueryParameter(max_length=200, description="words that all occur")] = None,
    theme: FromQuery[Theme | None] = None,
) -> Response[Page[BundleShown]]:
    """Bundles by their OZG-ID, each with its services."""
    after = paging.after_as(str)
    async with plain(desk(request).engine) as connection:
        found = await find_bundles(connection, q=q, theme=theme, limit=paging.limit + 1, after=after)
    rows, more = sliced(found, paging.limit)
    return page(request, rows, rows[-1].id if more else None)


@get("/bundles/{bundle:str}", operation_id="show_bundle")
async def show(request: EdgeRequest, bundle: FromPath[str]) -> BundleShown:
    """A bundle and its services."""
    async with plain(desk(request).engine) as connection:
        shown = await one_bundle(connection, bundle)
    if shown is None:
        raise BundleUnknown(bundle)
    return shown


HANDLERS = [find, show]
