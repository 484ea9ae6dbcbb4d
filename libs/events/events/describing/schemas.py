"""JSON Schemas (2020-12) of what events carry: one self-contained document per type and version."""

import ast
import functools
import gc
import inspect
import sys
from typing import Any

import msgspec

from events.contracts import registry
from events.contracts.envelope import Envelope
from events.contracts.registry import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def schema(event_type: EventType) -> Schema:
    """The schema of an event's `data`, as it is served and committed."""
    (top,), parts = msgspec.json.schema_components((event_type.struct,), ref_template="#/$defs/{name}")
    name = top["$ref"].rpartition("/")[2]
    described(parts, event_type.struct)
    whole = {"$schema": DIALECT, "$id": event_type.dataschema, **parts.pop(name), "title": event_type.wire}
    return plain({**whole, "$defs": parts} if parts else whole)


def plain(described: Schema) -> Schema:
    """As it looks after a journey as JSON: lists where Python has tuples."""
    decoded: Schema = msgspec.json.decode(msgspec.json.encode(described))
    return decoded


def find_schema(speaker: str, name: str, version: str) -> Schema | None:
    """By the parts of its address: `("catalog", "status-recorded", "v1")`."""
    event_type = registry.find(speaker, name)
    return schema(event_type) if event_type is not None and version == f"v{event_type.version}" else None


def envelope_schema() -> Schema:
    """The schema of the whole CloudEvents document, `data` open."""
    described = msgspec.json.schema_components((Envelope,))[1]["Envelope"]
    required = [name for name in described["properties"] if name not in ("correlationid", "traceparent")]
    return {**described, "title": "CloudEvent", "description": "A CloudEvents 1.0 document.", "required": required}


def described(parts: dict[str, Schema], struct: type[msgspec.Struct]) -> None:
    """Give the properties of all structs the sentences that stand below their fields."""
    for found in _structs(struct):
        if "description" in parts.get(found.__name__, {}):
            parts[found.__name__]["description"] = inspect.cleandoc(found.__doc__ or "")
        properties = parts.get(found.__name__, {}).get("properties", {})
        names = {field.name: field.encode_name for field in msgspec.structs.fields(found)}
        for field, sentence in _field_sentences(found).items():
            part = properties[names[field]]
            # A reference may not have neighbours in older dialects.
            properties[names[field]] = {**part, "description": sentence} if "$ref" not in part else part


def _structs(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    found: dict[type[msgspec.Struct], None] = {}
    waiting: list[Any] = [msgspec.inspect.type_info(struct)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in found:
                continue
            found[one.cls] = None
            waiting += [field.type for field in one.fields]
        elif isinstance(one, msgspec.inspect.UnionType):
            waiting += one.types
        elif isinstance(one, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
            waiting.append(one.item_type)
        elif isinstance(one, msgspec.inspect.DictType):
            waiting.append(one.value_type)
    return list(found)


@functools.cache
def _definitions(module: str) -> dict[str, ast.ClassDef]:
    """The classes of a module as they are written.

    CPython 3.11 ends a parse with a SystemError when garbage collection runs other code in the middle of it.
    """
    source = inspect.getsource(sys.modules[module])
    collecting = gc.isenabled()
    gc.disable()
    try:
        tree = ast.parse(source)
    finally:
        if collecting:
            gc.enable()
    return {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}


def _field_sentences(struct: type[msgspec.Struct]) -> dict[str, str]:
    definition = _definitions(struct.__module__)[struct.__name__]
    sentences: dict[str, str] = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            sentences[field.target.id] = " ".join(str(below.value.value).split())
    return sentences
