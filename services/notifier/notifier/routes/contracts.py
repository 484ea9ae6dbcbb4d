"""What the notifier may say: the schema of every event, and all of them as AsyncAPI."""

from functools import cache
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from edge.problems import Problem
from events.describing import asyncapi, find_schema


@get("/schemas/{name:str}/{version:str}", operation_id="show_schema")
async def show_schema(name: FromPath[str], version: FromPath[str]) -> Response[dict[str, Any]]:
    """The JSON Schema of an event's data, as its `dataschema` names it: `alert-raised/v1`."""
    found = find_schema("notifier", name, version)
    if found is None:
        raise Problem(
            404,
            "schema-unknown",
            {"en": "Schema not known", "de": "Schema nicht bekannt"},
            {
                "en": f"The notifier says no {name} in version {version}. What it says: /asyncapi.json.",
                "de": f"Ein Ereignis {name} in Version {version} gibt es nicht. Alle stehen in /asyncapi.json.",
            },
        )
    return Response(found)


@get("/asyncapi.json", operation_id="show_asyncapi")
async def show_asyncapi() -> Response[dict[str, Any]]:
    """Everything the notifier says, as an AsyncAPI 3 document."""
    return Response(_document(), media_type="application/json")  # type: ignore[arg-type]  # its bytes


@cache
def _document() -> bytes:
    return msgspec.json.encode(asyncapi("notifier"))


HANDLERS = [show_schema, show_asyncapi]
