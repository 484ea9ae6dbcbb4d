"""An OpenAPI document in which names that stand for something are given values that there are, most of the time."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from tests.situations.saxony import (
    ALTMITTWEIDA,
    CHEMNITZ,
    DOG_TAX,
    FLENSBURG,
    LEIPZIG,
    MITTELSACHSEN,
    MITTWEIDA,
    OUTBOX,
)

LEFT_OUT: Final = {"stream_events"}
"""Ends only when the reader does; what it refuses is tried by hand."""
_TOWNS = ["147130000000", LEIPZIG, CHEMNITZ, MITTWEIDA]
_DAYS = ["2026-11-01", "2026-10-15", "2025-02-28", "2020-01-01"]
_SEEDS: Final[dict[str, list[Any]]] = {
    "municipality": _TOWNS,
    "id": ["145225119280", ALTMITTWEIDA],
    "key": ["145229999360", "ars:145229999361"],
    "parent": [MITTELSACHSEN],
    "parents": [MITTELSACHSEN, ALTMITTWEIDA],
    "members": [LEIPZIG, CHEMNITZ],
    "successor": [MITTWEIDA, DOG_TAX],
    "publisher": [LEIPZIG, "org:verein", "Verein"],
    "service": ["99115005060000", "leika:99102002000000", OUTBOX],
    "services": ["99115005060000", DOG_TAX, OUTBOX],
    "region": ["DE-SN", "DE-SH", "DE"],
    "regions": ["DE-SN", "DE-SH"],
    "country": ["DE"],
    "slug": ["postausgang-sachsen"],
    "solution": ["postausgang-sachsen"],
    "bundle": ["10120"],
    "ozg_id": ["10120"],
    "theme_code": ["umwelt", "steuern_zoll"],
    "theme": ["umwelt", "querschnittsleistungen"],
    "themes": ["umwelt"],
    "events": ["solution-became-available"],
    "definition": ["online@1", "compliant@1"],
    "q": ["wohnsitz", "Führerschein umtausch", "leipzig"],
    "model": ["ozg-1.1", "ozg-2.0"],
    "level": [0, 3],
    "url": ["https://example.org/", "http://127.0.0.1:9/"],
    "online_url": ["https://example.org/"],
    "order_url": ["https://example.org/"],
    "source_url": ["https://example.org/"],
    "effective_on": _DAYS,
    "assessed_on": _DAYS,
    "inhabitants_on": _DAYS,
    "as_of": _DAYS,
    "known_at": _DAYS,
    "from": _DAYS,
    "until": ["2027-12-31"],
    "version": ["v1"],
}
_BY_OPERATION: Final[Mapping[str, Mapping[str, list[Any]]]] = {
    "merge_municipality": {"municipality": [ALTMITTWEIDA]},
    "dissolve_municipality": {"municipality": [FLENSBURG]},
    "show_schema": {"name": ["status-recorded", "alert-raised"]},
    "withdraw_service": {"service": [DOG_TAX]},
    "withdraw_solution": {"slug": ["other-solution"]},
}
"""What is ended should not be what all others need."""
_WAITING: Final = {"wait", "at_least"}
"""They would make the tests wait, so they are left out too; and `If-None-Match: *` would make most changes fail."""


def seeded(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with these values as one choice in parameters, and as the only choice in bodies."""
    result = deepcopy(dict(document))
    for path in list(result["paths"]):
        operations = result["paths"][path]
        for method, operation in list(operations.items()):
            if operation["operationId"] in LEFT_OUT:
                del operations[method]
                continue
            own = _BY_OPERATION.get(operation["operationId"], {})
            left_out = _WAITING | ({"If-None-Match"} if method == "put" else set())
            operation["parameters"] = [
                _parameter(parameter, (_SEEDS | dict(own)).get(parameter["name"], ()), alone=parameter["name"] in own)
                for parameter in operation.get("parameters", ())
                if parameter["name"] not in left_out
            ]
            for media in operation.get("requestBody", {}).get("content", {}).values():
                media["schema"] = _body(media["schema"], result["components"]["schemas"])
        if not operations:
            del result["paths"][path]
    return result


def _parameter(parameter: dict[str, Any], values: Sequence[Any], *, alone: bool) -> dict[str, Any]:
    """`alone`: nothing but these values, not even the document's own examples."""
    if parameter["name"] in {"If-Match", "If-None-Match"}:
        return parameter | {"schema": {"type": "string", "enum": ["*", '"v1"', '"v2"']}}
    schema: dict[str, Any] = parameter["schema"]
    fitting = _fitting(schema, values)
    if alone:
        rest = {name: value for name, value in parameter.items() if name not in {"example", "examples"}}
        return rest | {"schema": {"type": schema["type"], "enum": fitting}}
    return parameter | {"schema": {"anyOf": [{"enum": fitting}, schema]} if fitting else schema}


def _body(schema: dict[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """With what it refers to inside it, because answers refer to the same."""
    if "$ref" in schema:
        return _body(components[schema["$ref"].rpartition("/")[2]], components)
    result = dict(schema)
    for union in {"oneOf", "anyOf"} & result.keys():
        result[union] = [_body(option, components) for option in schema[union]]
    if "items" in schema:
        result["items"] = _body(schema["items"], components)
    if "properties" in schema:
        result["properties"] = {
            name: _property(_body(inner, components), _SEEDS.get(name, ()))
            for name, inner in schema["properties"].items()
        }
    return result


def _property(schema: dict[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    if schema.get("type") == "array":
        return schema | {"items": _property(schema.get("items", {}), values)}
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return schema | {union: [_property(option, values) for option in schema[union]]}
    fitting = _fitting(schema, values)
    return {"enum": fitting} if fitting else schema


def _fitting(schema: Mapping[str, Any], values: Sequence[Any]) -> list[Any]:
    kinds = {str: "string", int: "integer"}
    return [
        value
        for value in values
        if schema.get("type") == kinds[type(value)] and ("enum" not in schema or value in schema["enum"])
    ]
