"""`docs/events.md`: every event as a person reads it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from events.bus.streams import NAMES
from events.bus.subjects import topic
from events.contracts.registry import RESERVED, TYPES, EventType
from events.describing.examples import document_of, example_of
from events.describing.schemas import Schema, envelope_schema, schema

_HEAD = """# Events

What may be said, by whom and in what form. **Generated from the registry** by `python -m events.describing`; do not edit.

An event is a CloudEvents 1.0 document in JSON; the same bytes travel on NATS, by webhook and in the HTTP feed. In a released
type only optional fields are added, so ignore fields that you do not know; anything else is a new version of the type. The
schema of `data` is served at `/api/<speaker>/v1/schemas/<name>/v1` and the AsyncAPI document at `/api/<speaker>/v1/asyncapi.json`.
On NATS the subject is `ozg.<speaker>.<noun>.<verb>.<country>.<part>.<identity>`, with `_` where a part does not exist.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## The envelope\n"
    yield from _fields(envelope_schema(), {})
    for speaker, stream in NAMES.items():
        types = [event_type for event_type in TYPES if event_type.speaker == speaker]
        yield f"\n## What the {speaker} says (stream `{stream}`)\n"
        yield "| event | says |\n| --- | --- |"
        for event_type in types:
            yield f"| [`{event_type.name}`](#{_anchor(event_type)}) | {_sentence(event_type)} |"
        for event_type in types:
            yield from _section(event_type)
    yield "\n## Reserved\n"
    yield "These names will be said later and mean nothing yet: " + ", ".join(f"`{name}`" for name in RESERVED) + "."


def _section(event_type: EventType) -> Iterator[str]:
    described = schema(event_type)
    yield f"\n### {event_type.wire}\n"
    yield described.get("description", "") + "\n"
    yield f"NATS subject, for example: `{topic(example_of(event_type))}`\n"
    yield from _fields(described, described.get("$defs", {}))
    pretty = msgspec.json.format(document_of(event_type), indent=2).decode()
    yield f"\n<details><summary>Example</summary>\n\n```json\n{pretty}\n```\n\n</details>"


def _fields(described: Schema, parts: dict[str, Schema]) -> Iterator[str]:
    yield "| field | type | |\n| --- | --- | --- |"
    required = described.get("required", [])
    for name, field in described.get("properties", {}).items():
        notes = [] if name in required else [_default(field)]
        notes += [field["description"]] if "description" in field else []
        yield f"| `{name}` | {_type(field, parts)} | {'; '.join(notes)} |"


def _default(field: Schema) -> str:
    if "default" not in field or isinstance(field["default"], dict):
        return "optional"
    return f"optional, else `{msgspec.json.encode(field['default']).decode()}`"


def _type(field: Schema, parts: dict[str, Schema]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        inner = ", ".join(parts.get(name, {}).get("properties", {}))
        return f"{name} {{{inner}}}"
    if "anyOf" in field:
        return " or ".join(_type(one, parts) for one in field["anyOf"])
    if "enum" in field:
        return " · ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kind: Any = field.get("type", "any JSON")
    if kind == "array":
        return f"list of {_type(field.get('items', {}), parts)}"
    if kind == "object":
        return (
            f"object of {_type(field['additionalProperties'], parts)}" if "additionalProperties" in field else "object"
        )
    return str(field.get("format", kind))


def _sentence(event_type: EventType) -> str:
    return (event_type.struct.__doc__ or "").strip().partition("\n")[0]


def _anchor(event_type: EventType) -> str:
    return event_type.wire.replace(".", "")
