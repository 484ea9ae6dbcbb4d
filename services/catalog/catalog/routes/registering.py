"""What happens to authorities, as operators say it: registered, renamed, rekeyed, moved, counted, merged, dissolved."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.params import JSONBody

from catalog.desk import answered, desk
from catalog.domain import municipality as municipalities
from catalog.domain.asking import Brief
from catalog.domain.days import check_day
from catalog.domain.entry import check_basis
from catalog.domain.municipality import REFERENCE
from catalog.domain.municipality_changes import (
    CountMunicipality,
    DissolveMunicipality,
    MergeMunicipality,
    MoveMunicipality,
    RegisterMunicipality,
    RekeyMunicipality,
    RenameMunicipality,
)
from catalog.domain.places import check_region
from catalog.domain.solution_changes import NamesNothing
from catalog.keeping.looking import look
from catalog.reading.sheet import known
from catalog.routes.paths import MunicipalityKey
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, takes
from edge.documenting import also, problems
from edge.guarding import require
from events.contracts.keys import municipality_id, region_code
from events.contracts.parts import Basis, Location
from events.contracts.words import AuthorityLevel
from events.deciding import Command

PATH = "/municipalities/{municipality:str}"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Language = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Inhabitants = Annotated[int, msgspec.Meta(ge=0, le=10**10)]
Parents = Annotated[list[str], msgspec.Meta(max_length=20)]
_CHANGES: dict[str, Any] = {
    "status_code": 200,
    "guards": [require("operator")],
    "opt": takes(IF_MATCH, IDEMPOTENCY_KEY),
    "responses": problems(404, 409, 410, 412, 422),
}


class LocationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Degrees, WGS 84."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class _OnBasis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    basis: Basis = REFERENCE


class MunicipalityBody(_OnBasis, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`id` stays for ever. `parents` are those above it, nearest first: association, district, Land."""

    id: str
    name: Name
    levels: Annotated[list[AuthorityLevel], msgspec.Meta(min_length=1, max_length=6)]
    region: str
    kind: Name
    parents: Parents = []
    inhabitants: Inhabitants | None = None
    inhabitants_on: date | None = None
    location: LocationBody | None = None
    postcode: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9 -]{3,10}$")] | None = None
    effective_on: date | None = None
    language: Language = "de"
    translations: dict[str, dict[str, str]] | None = None


class _Dated(_OnBasis, frozen=True, kw_only=True, forbid_unknown_fields=True):
    effective_on: date


class RenamedBody(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Its name from that day."""

    name: Name


class RekeyedBody(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Its official key from that day; the id stays, and all keys it ever had lead to it."""

    key: str


class MovedBody(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those above it from that day, nearest first."""

    parents: Parents


class CountedBody(_OnBasis, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Its inhabitants on a day."""

    inhabitants: Inhabitants
    inhabitants_on: date


class MergedBody(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it became part of."""

    successor: str


class DissolvedBody(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day from which it is no more."""


@post(
    "/municipalities",
    operation_id="register_municipality",
    status_code=200,
    guards=[require("operator")],
    opt=takes(IDEMPOTENCY_KEY),
    responses=also(201, Brief, "it takes part from now on") | problems(409, 410, 422),
)
async def register_municipality(request: EdgeRequest, data: JSONBody[MunicipalityBody]) -> Response[Brief]:
    """An authority takes part. One that is registered already stays as it is: what changes has calls of its own."""
    check_region(region_code(data.region))
    facts = {name: getattr(data, name) for name in MunicipalityBody.__struct_fields__}
    facts |= {
        "id": municipality_id(data.id, "id"),
        "name": _said(data.name, "name"),
        "kind": _said(data.kind, "kind"),
        "levels": tuple(dict.fromkeys(data.levels)),
        "parents": await _parents(request, data.parents),
        "location": data.location and Location(latitude=data.location.latitude, longitude=data.location.longitude),
    }
    _check(request, data.basis, effective_on=data.effective_on, inhabitants_on=data.inhabitants_on)
    return answered(await desk(request).keep(request, RegisterMunicipality(**facts)))


@post(f"{PATH}/renamed", operation_id="rename_municipality", **_CHANGES)
async def rename_municipality(
    request: EdgeRequest, municipality: MunicipalityKey, data: JSONBody[RenamedBody]
) -> Response[Brief]:
    """It bears another name."""
    name = _said(data.name, "name")
    return await _dated(request, municipality, data, lambda fixed: RenameMunicipality(name=name, **fixed))


@post(f"{PATH}/rekeyed", operation_id="rekey_municipality", **_CHANGES)
async def rekey_municipality(
    request: EdgeRequest, municipality: MunicipalityKey, data: JSONBody[RekeyedBody]
) -> Response[Brief]:
    """It has another official key; the id stays, and every key it ever had still leads to it."""
    key = municipality_id(data.key, "key")
    return await _dated(request, municipality, data, lambda fixed: RekeyMunicipality(key=key, **fixed))


@post(f"{PATH}/moved", operation_id="move_municipality", **_CHANGES)
async def move_municipality(
    request: EdgeRequest, municipality: MunicipalityKey, data: JSONBody[MovedBody]
) -> Response[Brief]:
    """It belongs to other parents, for example to another association."""
    parents = await _parents(request, data.parents)
    return await _dated(request, municipality, data, lambda fixed: MoveMunicipality(parents=parents, **fixed))


@post(f"{PATH}/counted", operation_id="count_municipality", **_CHANGES)
async def count_municipality(
    request: EdgeRequest, municipality: MunicipalityKey, data: JSONBody[CountedBody]
) -> Response[Brief]:
    """Its inhabitants on a day. An older count never replaces a newer one."""
    _check(request, data.basis, inhabitants_on=data.inhabitants_on)
    here = await known(desk(request).engine, municipality_id(municipality))
    command = CountMunicipality(
        id=here.id, inhabitants=data.inhabitants, inhabitants_on=data.inhabitants_on, basis=data.basis
    )
    return answered(await desk(request).keep(request, command, key=municipalities.key_of(here.id)))


@post(f"{PATH}/merged", operation_id="merge_municipality", **_CHANGES)
async def merge_municipality(
    request: EdgeRequest, municipality: MunicipalityKey, data: JSONBody[MergedBody]
) -> Response[Brief]:
    """It became part of its successor. It keeps its past; nothing new is recorded for it, and whoever tries is told where."""
    (successor,) = await _ids(request, [municipality_id(data.successor, "successor")])
    return await _dated(request, municipality, data, lambda fixed: MergeMunicipality(successor=successor, **fixed))


@post(f"{PATH}/dissolved", operation_id="dissolve_municipality", **_CHANGES)
async def dissolve_municipality(
    request: EdgeRequest, municipality: MunicipalityKey, data: JSONBody[DissolvedBody]
) -> Response[Brief]:
    """It ended without one successor."""
    return await _dated(request, municipality, data, lambda fixed: DissolveMunicipality(**fixed))


async def _dated(
    request: EdgeRequest, municipality: str, data: _Dated, change: Callable[[dict[str, Any]], Command]
) -> Response[Brief]:
    """What changes from a day on, told of the municipality by whichever of its keys."""
    _check(request, data.basis, effective_on=data.effective_on)
    here = await known(desk(request).engine, municipality_id(municipality))
    command = change({"id": here.id, "effective_on": data.effective_on, "basis": data.basis})
    return answered(await desk(request).keep(request, command, key=municipalities.key_of(here.id)))


async def _parents(request: EdgeRequest, given: list[str]) -> tuple[str, ...]:
    """Their ids. Raises MemberUnknown, MunicipalityHasEnded."""
    asked = [municipality_id(parent, "parents") for parent in given]
    states = await look(desk(request).engine, map(municipalities.key_of, asked))
    return tuple(dict.fromkeys(municipalities.named(states, parent, "parents").id for parent in asked))


async def _ids(request: EdgeRequest, asked: list[str]) -> list[str]:
    """The ids of those that are known by these keys; the decision refuses the others."""
    states = await look(desk(request).engine, map(municipalities.key_of, asked))
    return [states[key].id if (key := municipalities.key_of(one)) in states else one for one in asked]


def _check(request: EdgeRequest, basis: Basis, **days: date | None) -> None:
    check_basis(basis)
    for field, day in days.items():
        if day is not None:
            check_day(day, desk(request).today(), field)


def _said(text: str, field: str) -> str:
    if not text.strip():
        raise NamesNothing(field)
    return text.strip()


HANDLERS = [
    register_municipality,
    rename_municipality,
    rekey_municipality,
    move_municipality,
    count_municipality,
    merge_municipality,
    dissolve_municipality,
]
