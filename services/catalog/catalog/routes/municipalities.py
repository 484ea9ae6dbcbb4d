"""Authorities and regions: find and show."""

from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from catalog.desk import desk
from catalog.domain.municipality import MunicipalityUnknown
from catalog.keeping.looking import plain
from catalog.reading.municipalities import (
    MunicipalityShown,
    Wanted,
    find_municipalities,
    one_municipality,
)
from catalog.reading.ranking import Rank
from edge.asking import EdgeRequest
from edge.conditional import IF_NONE_MATCH, etag, not_modified, takes
from edge.paging import Page, Paging, page, paging, sliced
from events.contracts.keys import municipality_id, region_code
from events.contracts.regions import regions
from events.contracts.words import AuthorityLevel


@get("/municipalities", operation_id="find_municipalities")
async def find(
    request: EdgeRequest,
    paging: NamedDependency[Paging],
    q: Annotated[
        str | None, QueryParameter(max_length=200, description="name, with kind or place; a postcode; a regional key")
    ] = None,
    region: FromQuery[str | None] = None,
    level: FromQuery[AuthorityLevel | None] = None,
    kind: Annotated[str | None, QueryParameter(max_length=100, description="such as Landkreis")] = None,
    parent: FromQuery[str | None] = None,
    ended: FromQuery[bool] = False,
) -> Response[Page[MunicipalityShown]]:
    """Authorities, the best first, without `q` by name. `parent` gives those below an association, district or Land."""
    wanted = Wanted(
        q=q,
        region=None if region is None else region_code(region),
        level=level,
        kind=kind,
        parent=None if parent is None else municipality_id(parent, "parent"),
        ended=ended,
    )
    async with plain(desk(request).engine) as connection:
        found = await find_municipalities(connection, wanted, paging.limit + 1, paging.after_as(Rank))
    rows, more = sliced(found, paging.limit)
    return page(request, [shown for shown, _ in rows], rows[-1][1] if more else None)


@get("/municipalities/{municipality:str}", operation_id="show_municipality", opt=takes(IF_NONE_MATCH))
async def show(request: EdgeRequest, municipality: FromPath[str]) -> Response[MunicipalityShown | None]:
    """An authority, by any key it ever had; one that ended names its successor."""
    key = municipality_id(municipality)
    async with plain(desk(request).engine) as connection:
        shown = await one_municipality(connection, key)
    if shown is None:
        raise MunicipalityUnknown(key)
    headers = {"ETag": etag(shown.version)}
    if not_modified(request.if_none_match, shown.version):
        return Response(None, status_code=304, headers=headers)
    return Response(shown, headers=headers)


class RegionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A country or a region of one, by its ISO code."""

    code: str
    name: str
    name_en: str
    country: str


@get("/regions", operation_id="list_regions", dependencies={"paging": paging(default=1000, maximum=1000)})
async def list_regions(
    request: EdgeRequest, paging: NamedDependency[Paging], country: FromQuery[str | None] = None
) -> Response[Page[RegionShown]]:
    """Countries and their regions (Länder, oblasts …), as ISO 3166-2 codes them."""
    wanted = None if country is None else region_code(country, "country")
    after = paging.after_as(str) or ""
    shown = [
        RegionShown(code=one.code, name=one.name, name_en=one.name_en, country=one.country)
        for code, one in sorted(regions().items())
        if code > after and wanted in {None, one.country}
    ]
    rows, more = sliced(shown[: paging.limit + 1], paging.limit)
    return page(request, rows, rows[-1].code if more else None)


HANDLERS = [find, show, list_regions]
