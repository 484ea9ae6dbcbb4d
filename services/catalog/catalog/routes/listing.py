"""The catalogue as operators keep it: services, components and bundles go in, are described anew, and come out."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Response, delete, put
from litestar.params import JSONBody, PathParameter, QueryParameter

from catalog.desk import answered, desk
from catalog.domain import bundle as bundles
from catalog.domain import service as services
from catalog.domain.asking import Brief
from catalog.domain.bundle import BundleNotListed, DescribeBundle
from catalog.domain.days import check_day
from catalog.domain.entry import check_basis
from catalog.domain.municipality import REFERENCE
from catalog.domain.service import DescribeService, WithdrawService
from catalog.domain.solution_changes import CoversUnknownServices, NamesNothing
from catalog.keeping.looking import look
from catalog.routes.paths import ServiceKey
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, takes
from edge.documenting import also, problems
from edge.guarding import require
from events.contracts.keys import service_key
from events.contracts.parts import Basis
from events.contracts.words import Audience, ServiceKind, ServiceLevel, Theme

SERVICE = "/services/{service:str}"
OzgId = Annotated[str, msgspec.Meta(pattern="^[0-9]{5}$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Language = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
BundleId = Annotated[
    str, PathParameter(description="five-digit OZG-ID", pattern="^[0-9]{5}$", schema_extra={"pattern": "^[0-9]{5}$"})
]


class _Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Title
    theme: Theme = "ohne"
    basis: Basis = REFERENCE
    language: Language = "de"
    translations: dict[str, dict[str, str]] | None = None


class ServiceBody(_Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the catalogue says of a service. `level` is who delivers it by default; not `countable`: in no figure."""

    kind: ServiceKind = "service"
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "DE"
    level: ServiceLevel = "commune"
    bundle: OzgId | None = None
    countable: bool = True
    audience: Audience | None = None
    provisional: bool = False
    effective_on: date | None = None


class BundleBody(_Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the catalogue says of a bundle (OZG-Leistung)."""

    services: Annotated[list[str], msgspec.Meta(max_length=1000)] = []


@put(
    SERVICE,
    operation_id="describe_service",
    guards=[require("operator")],
    opt=takes(IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Brief, "it was not in the catalogue") | problems(412, 422),
)
async def describe_service(request: EdgeRequest, service: ServiceKey, data: JSONBody[ServiceBody]) -> Response[Brief]:
    """Into the catalogue; if it is there already, these are all its facts from now on. One that was withdrawn is back."""
    key = service_key(service)
    _check(data)
    if data.effective_on is not None:
        check_day(data.effective_on, desk(request).today())
    if data.bundle is not None and not await look(desk(request).engine, [bundles.key_of(data.bundle)]):
        raise BundleNotListed(data.bundle)
    facts = {name: getattr(data, name) for name in ServiceBody.__struct_fields__}
    command = DescribeService(service=key, **facts)
    return answered(await desk(request).keep(request, command, key=services.key_of(key)))


@delete(
    SERVICE,
    operation_id="withdraw_service",
    status_code=200,
    guards=[require("operator")],
    opt=takes(IF_MATCH, IDEMPOTENCY_KEY),
    responses=problems(404, 410, 412, 422),
)
async def withdraw_service(
    request: EdgeRequest,
    service: ServiceKey,
    effective_on: Annotated[date | None, QueryParameter(description="the first day without it (today)")] = None,
    successor: Annotated[str | None, QueryParameter(description="the service that replaces it")] = None,
) -> Response[Brief]:
    """Out of the catalogue. What is recorded of it stays; nothing new is recorded, and whoever tries is told of the successor."""
    today = desk(request).today()
    key, day = service_key(service), effective_on or today
    check_day(day, today)
    replaced_by = None if successor is None else service_key(successor, "successor")
    command = WithdrawService(service=key, effective_on=day, successor=replaced_by)
    return answered(await desk(request).keep(request, command, key=services.key_of(key)))


@put(
    "/bundles/{bundle:str}",
    operation_id="describe_bundle",
    guards=[require("operator")],
    opt=takes(IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY),
    responses=also(201, Brief, "it was not in the catalogue") | problems(412, 422),
)
async def describe_bundle(request: EdgeRequest, bundle: BundleId, data: JSONBody[BundleBody]) -> Response[Brief]:
    """Into the catalogue; if it is there already, these are all its facts from now on."""
    _check(data)
    listed = dict.fromkeys(service_key(one, "services") for one in data.services)
    states = await look(desk(request).engine, map(services.key_of, listed))
    if unknown := {row: key for row, key in enumerate(listed, 1) if services.key_of(key) not in states}:
        raise CoversUnknownServices(unknown)
    facts = {name: getattr(data, name) for name in _Described.__struct_fields__}
    command = DescribeBundle(id=bundle, services=tuple(listed), **facts)
    return answered(await desk(request).keep(request, command, key=bundles.key_of(bundle)))


def _check(data: _Described) -> None:
    if not data.title.strip():
        raise NamesNothing("title")
    check_basis(data.basis)


HANDLERS = [describe_service, withdraw_service, describe_bundle]
