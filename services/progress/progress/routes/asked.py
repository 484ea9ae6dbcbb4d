"""What every question may add (`as_of`, `known_at`, `at_least`, `format`), and how an answer leaves in the form asked for."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from litestar import Response
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, Schema
from litestar.params import QueryParameter

from edge.asking import EdgeRequest
from edge.language import Text, preferred
from edge.paging import Page, page
from edge.problems import Problem
from events.contracts.keys import MalformedKey
from progress.projections.moment import Answer, Unknown
from progress.routes.sheets import XLSX_TYPE, csv_of, list_of, table_of, xlsx_of
from progress.routes.unchanged import VARY, ready

A = TypeVar("A", bound=Answer)
S = TypeVar("S", bound=msgspec.Struct)
FileFormat = Literal["json", "csv", "xlsx"]
AsOf = Annotated[date | None, QueryParameter(description="the day in the world, up to today (today)")]
KnownAt = Annotated[date | None, QueryParameter(description="only what was recorded by that day (today)")]
AtLeast = Annotated[
    int | None,
    QueryParameter(ge=0, le=2**62, description="wait until the event at this position is in, 10 seconds at most"),
]
Format = Annotated[FileFormat | None, QueryParameter(description="a file instead of JSON")]


@dataclass
class Downloadable(Operation):
    """The operation answers in JSON, CSV or XLSX."""

    def __post_init__(self) -> None:
        found = (self.responses or {}).get("200")
        if found is not None and hasattr(found, "content"):
            content = dict(found.content or {})
            content["text/csv"] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
            binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
            content[XLSX_TYPE] = OpenAPIMediaType(schema=binary)
            found.content = content


async def answered(
    request: EdgeRequest,
    answer: A,
    format: FileFormat | None,  # noqa: A002 - the pinned name
    name: str,
) -> Response[A] | Response[bytes]:
    """The answer as JSON, or as a table in a file of that name."""
    chosen = format or _accepted(request)
    if chosen == "json":
        return ready(request, answer)
    language = preferred(request.headers.get("accept-language", ""))
    return await _file(request, lambda: table_of(answer, language), chosen, f"{name}-{answer.as_of}")


async def paged(
    request: EdgeRequest,
    items: list[S],
    following: Any,
    format: FileFormat | None,  # noqa: A002 - the pinned name
    name: str,
) -> Response[Page[S]] | Response[bytes]:
    """A page of a list as JSON, or as a table."""
    chosen = format or _accepted(request)
    if chosen == "json":
        return page(request, items, following)
    language = preferred(request.headers.get("accept-language", ""))
    return await _file(request, lambda: list_of(items, language), chosen, name)


async def _file(request: EdgeRequest, table: Callable[[], Any], chosen: str, name: str) -> Response[bytes]:
    language = preferred(request.headers.get("accept-language", ""))
    headers = {
        "content-disposition": f'attachment; filename="{name.replace(":", "-")}.{chosen}"',
        "vary": VARY,
    }
    if chosen == "csv":
        body = await asyncio.to_thread(lambda: csv_of(table(), language))
        return Response(body, media_type="text/csv", headers=headers)
    body = await asyncio.to_thread(lambda: xlsx_of(table()))
    return Response(body, media_type=XLSX_TYPE, headers=headers)


def _accepted(request: EdgeRequest) -> FileFormat:
    kinds = [kind.split(";")[0].strip().lower() for kind in request.headers.get("accept", "").split(",")]
    if "text/csv" in kinds:
        return "csv"
    return "xlsx" if XLSX_TYPE in kinds else "json"


_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "municipality": ("municipality", "Kommune"),
    "service": ("service", "Leistung"),
    "solution": ("solution", "Lösung"),
    "bundle": ("bundle", "OZG-Leistung"),
    "region": ("region", "Region"),
    "theme": ("theme", "Themenfeld"),
    "definition": ("definition", "Definition"),
}


def _unknown(error: Unknown) -> Problem:
    en, de = _KINDS[error.kind]
    title: Text = {"en": "Not known", "de": "Nicht bekannt"}
    return Problem(
        404,
        f"unknown-{error.kind}",
        title,
        {
            "en": f"No {en} {error.key!r} is known here. What there is can be searched in the catalog.",
            "de": f"{de} {error.key!r} ist hier nicht bekannt. Was es gibt, lässt sich im Katalog suchen.",
        },
        field=error.kind,
    )


def _malformed_key(error: MalformedKey) -> Problem:
    title: Text = {"en": "Malformed key", "de": "Fehlerhafter Schlüssel"}
    return Problem(400, "malformed-key", title, {"en": f"{error.en}.", "de": f"{error.de}."}, field=error.field)


PROBLEMS: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {Unknown: _unknown, MalformedKey: _malformed_key}
