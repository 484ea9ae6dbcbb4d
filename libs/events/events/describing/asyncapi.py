"""The AsyncAPI 3 document of one speaker: every event, where it travels, and what it looks like."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from events.bus.streams import NAMES
from events.contracts.envelope import CONTENT_TYPE
from events.contracts.registry import TYPES, EventType
from events.describing.examples import document_of
from events.describing.schemas import described, envelope_schema, plain

VERSION = "1.0.0"
_PLACES = {
    "country": "ISO 3166-1 code of the country, for example `DE`; `_` where there is none.",
    "part": "The subdivision's part of its ISO 3166-2 code, for example `SN`; `_` where there is none.",
    "identity": "What it is about: a municipality's key, a solution's slug, a service's key or an id.",
}


def asyncapi(speaker: str, servers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a speaker says on NATS. `servers` names addresses, for example `{"here": "nats://127.0.0.1:4222"}`."""
    types = [event_type for event_type in TYPES if event_type.speaker == speaker]
    parts = _schemas(types)
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:ozg:{speaker}",
        "info": {
            "title": f"What the {speaker} says",
            "version": VERSION,
            "description": (
                f"Every event of the {speaker}'s log as a CloudEvents 1.0 JSON document on the JetStream stream "
                f"{NAMES[speaker]}, whose sequence numbers are the log's positions. The same bytes come by feed and webhook."
            ),
            "license": {"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {name: _server(url) for name, url in (servers or {}).items()},
        "channels": {event_type.name: _channel(event_type) for event_type in types},
        "operations": {f"say-{event_type.name}": _operation(event_type) for event_type in types},
        "components": {
            "messages": {event_type.name: _message(event_type) for event_type in types},
            "schemas": {"CloudEvent": envelope_schema(), **parts},
        },
    }


def _schemas(types: list[EventType]) -> dict[str, Any]:
    structs = [event_type.struct for event_type in types]
    parts = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")[1]
    for struct in structs:
        described(parts, struct)
    return plain(parts)


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"host": parts.netloc.rpartition("@")[2], "protocol": parts.scheme}


def _channel(event_type: EventType) -> dict[str, Any]:
    return {
        "address": f"ozg.{event_type.speaker}.{event_type.noun}.{event_type.verb}.{{country}}.{{part}}.{{identity}}",
        "messages": {event_type.name: {"$ref": f"#/components/messages/{event_type.name}"}},
        "parameters": {name: {"description": sentence} for name, sentence in _PLACES.items()},
    }


def _operation(event_type: EventType) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{event_type.name}"},
        "messages": [{"$ref": f"#/channels/{event_type.name}/messages/{event_type.name}"}],
    }


def _message(event_type: EventType) -> dict[str, Any]:
    carried = {
        "type": "object",
        "properties": {
            "type": {"const": event_type.wire},
            "dataschema": {"const": event_type.dataschema},
            "data": {"$ref": f"#/components/schemas/{event_type.struct.__name__}"},
        },
    }
    return {
        "name": event_type.wire,
        "title": event_type.name,
        "summary": (event_type.struct.__doc__ or "").partition("\n\n")[0].strip(),
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, carried]},
        "examples": [{"name": "example", "payload": msgspec.json.decode(document_of(event_type))}],
    }
