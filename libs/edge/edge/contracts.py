"""The routes by which a service shows what it may say: a JSON Schema for each event, and all of them as AsyncAPI."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from edge.documenting import problems
from edge.problems import Problem

Document = dict[str, Any]


def contract_routes(
    service: str, asyncapi: Callable[[str], Document], find_schema: Callable[[str, str, str], Document | None]
) -> list[HTTPRouteHandler]:
    """`asyncapi(service)` makes the document once; `find_schema(service, name, version)` answers None for what is not said."""

    @cache
    def document() -> bytes:
        return msgspec.json.encode(asyncapi(service))

    @get("/schemas/{name:str}/{version:str}", operation_id="show_schema", responses=problems(404))
    async def show_schema(name: FromPath[str], version: FromPath[str]) -> Response[Document]:
        """The JSON Schema of an event's data, as its `dataschema` names it: `status-recorded/v1`."""
        found = find_schema(service, name, version)
        if found is None:
            raise _unknown(service, name, version)
        return Response(found)

    @get("/asyncapi.json", operation_id="show_asyncapi")
    async def show_asyncapi() -> Response[Document]:
        """Every event that this service says, as an AsyncAPI 3 document."""
        return Response(document(), media_type="application/json")  # type: ignore[arg-type]  # its bytes

    return [show_schema, show_asyncapi]


def _unknown(service: str, name: str, version: str) -> Problem:
    return Problem(
        404,
        "schema-unknown",
        {"en": "Schema not known", "de": "Schema nicht bekannt"},
        {
            "en": f"The {service} says no {name} in version {version}. What it says: /asyncapi.json.",
            "de": f"Ein Ereignis {name} in Version {version} gibt es nicht. Alle stehen in /asyncapi.json.",
        },
    )
