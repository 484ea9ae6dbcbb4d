"""The OpenAPI document says every answer a route can give, problems included, so that none comes as a surprise."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
from litestar import Litestar, Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from edge.conditional import IF_MATCH, IF_NONE_MATCH, TakenHeader
from edge.guarding import OPEN, SAFE_METHODS, requirement, routes
from edge.problems import MEDIA_TYPE, ProblemDocument, phrase

_WHY = {
    400: "Something in the request is not valid; `field` and `errors` say what and what would be right",
    401: "No token, or one that is expired, foreign or malformed",
    403: "A good token, but not for this",
    404: "There is no such thing",
    408: "The body did not arrive in time",
    409: "It contradicts what holds already",
    412: "It changed in between; `ETag` names the version that holds",
    413: "The body is too large",
    415: "The body is of a kind not read here",
    422: "Understood, but it cannot be done; `detail` says why",
    429: "Too many calls; `Retry-After` says when to go on",
    500: "A fault of ours",
    503: "Cannot answer now; try again",
}
_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For `responses=` of a route: the problems it may answer beyond those that follow from its shape.

    400, 401, 403, 404, 413, 415 and 503 are added by themselves where they can happen.
    """
    return {
        status: ResponseSpec(
            data_container=ProblemDocument,
            generate_examples=False,
            media_type=MEDIA_TYPE,
            description=_WHY.get(status, phrase(status)),
        )
        for status in statuses
    }


def also(status: int, kind: Any, description: str, media_type: str = "application/json") -> dict[int, ResponseSpec]:
    """For `responses=` of a route that has a second way to succeed: `also(200, Box, "it was there") | problems(412)`."""
    return {
        status: ResponseSpec(
            data_container=kind,
            generate_examples=False,
            media_type=media_type,
            description=description,
        )
    }


def openapi_document(app: Litestar, root_path: str = "") -> dict[str, Any]:
    """The document as it is served: below the app's prefix, with every problem."""
    document: dict[str, Any] = deepcopy(app.openapi_schema.to_schema())
    document["servers"] = [{"url": root_path or "/"}]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("ProblemDocument", None)
    schemas["Problem"] = _problem_schema()
    components.setdefault("securitySchemes", {})["bearer"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "EdDSA JWT of this installation",
    }
    _say_what_is_refused(app, schemas)
    for operation, method, path, handler in _operations(app, document):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
        if taken := _taken(handler):
            operation["parameters"] = [*operation.get("parameters", ()), *map(_header, taken)]
        responses = operation.setdefault("responses", {})
        for status in _expected(app, method, path, handler) | _declared(responses):
            responses[str(status)] = {
                "description": _WHY.get(status, phrase(status)),
                "content": {MEDIA_TYPE: {"schema": _SCHEMA}},
            }
        if IF_NONE_MATCH in taken and method in SAFE_METHODS:
            responses.setdefault("304", {"description": "You have this version already"})
        if _needs_token(app, handler):
            operation["security"] = [{"bearer": []}]
        operation["responses"] = dict(sorted(responses.items()))
    return document


def document_route() -> Any:
    """The route `/openapi.json`."""

    @get("/openapi.json", include_in_schema=False, opt=OPEN, sync_to_thread=True)
    def openapi_json(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return openapi_document(request.app, request.scope.get("root_path", ""))

    return openapi_json


def _operations(app: Litestar, document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str, HTTPRouteHandler]]:
    for method, path, handler in routes(app):
        operation = document.get("paths", {}).get(path, {}).get(method.lower())
        if operation is not None:
            yield operation, method, path, handler


def _expected(app: Litestar, method: str, path: str, handler: HTTPRouteHandler) -> set[int]:
    statuses = {400, 503} | ({429} if app.state.limited else set())
    if "{" in path:
        statuses.add(404)
    if _needs_token(app, handler):
        statuses |= {401, 403}
    if method not in SAFE_METHODS | {"DELETE"}:
        statuses |= {413}
    if handler.parsed_data_field is not None:
        statuses |= {413, 415}
    if {IF_MATCH, IF_NONE_MATCH} & {*_taken(handler)} and method not in SAFE_METHODS:
        statuses.add(412)
    return statuses


def _declared(responses: dict[str, Any]) -> set[int]:
    """Those the route declared, and those the framework assumed to have another shape than ours."""
    return {int(status) for status in responses if status.isdigit() and int(status) >= 400}


def _taken(handler: HTTPRouteHandler) -> tuple[TakenHeader, ...]:
    return tuple(handler.opt.get("takes", ()))


def _header(taken: TakenHeader) -> dict[str, Any]:
    return {
        "name": taken.name,
        "in": "header",
        "required": False,
        "description": taken.description,
        "schema": {"type": "string", "pattern": taken.pattern},
    }


def _needs_token(app: Litestar, handler: HTTPRouteHandler) -> bool:
    if requirement(handler) is not None:
        return True
    return app.state.reading == "token" and not handler.opt.get("open")


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not, but never null, whatever its Python type says."""
    rest = {name: value for name, value in schema.items() if name != "oneOf"}
    options = [option for option in schema.get("oneOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        rest = options[0] | rest
    elif options:
        rest["oneOf"] = options
    if isinstance(rest.get("type"), list):
        kinds = [kind for kind in rest["type"] if kind != "null"]
        rest["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "enum" in rest:
        rest["enum"] = [value for value in rest["enum"] if value is not None]
    return rest


def _say_what_is_refused(app: Litestar, schemas: dict[str, Any]) -> None:
    """Litestar leaves out that a struct forbids unknown fields."""
    bodies = [handler.parsed_data_field.annotation for _, _, handler in routes(app) if handler.parsed_data_field]
    closed = {name for body in bodies for name in _closed_structs(body)}
    for schema in schemas.values():
        if schema.get("title") in closed:
            schema["additionalProperties"] = False


def _closed_structs(kind: Any) -> set[str]:
    try:
        (_,), components = msgspec.json.schema_components([kind])
    except TypeError:  # a type that only a hook can decode has no schema
        return set()
    return {str(schema.get("title")) for schema in components.values() if schema.get("additionalProperties") is False}


def _problem_schema() -> dict[str, Any]:
    (_,), schemas = msgspec.json.schema_components([ProblemDocument], ref_template="#/components/schemas/{name}")
    schema: dict[str, Any] = schemas["ProblemDocument"]
    row = schemas["RowError"]
    row["properties"]["detail"] = {"type": "string"}
    schema["properties"]["errors"] = {"type": "array", "items": row}
    schema["properties"]["instance"] = {"type": "string", "description": "the id of this request in our logs"}
    schema["properties"]["field"] = {"type": "string", "description": "the field that is wrong"}
    schema["title"] = "Problem"
    schema["description"] = "RFC 9457: what is wrong, where, and what would be right."
    return schema
