"""What is generated from the registry is current, valid by others' schemas, and cannot break those who rely on it."""

import copy
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from events.contracts import envelope, registry
from events.contracts.registry import TYPES, EventType
from events.describing import asyncapi, envelope_schema, find_schema, schema
from events.describing.__main__ import golden_files, main, outdated, schema_file
from events.describing.compatibility import breaks
from events.describing.examples import document_of, example_of

ROOT = Path(__file__).parents[3]
every_type = pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.wire)


def test_everything_generated_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m events.describing` writes the schemas, the golden files and docs/events.md."""
    assert main([str(ROOT), "--check"]) == 0, capsys.readouterr().out


def test_nothing_is_described_that_is_not_said() -> None:
    """No file of a schema or a wire form is left behind."""
    described = {schema_file(ROOT, event_type) for event_type in TYPES}
    frozen = {file for event_type in TYPES for file in golden_files(ROOT, event_type)}
    assert set((ROOT / "libs/events/schemas").rglob("*.json")) == described
    assert set((ROOT / "tests/events/golden").glob("*")) == frozen


@every_type
def test_the_wire_form_is_frozen(event_type: EventType) -> None:
    """The newest golden file has the very bytes; what older ones say is still understood and said."""
    *older, newest = golden_files(ROOT, event_type)
    assert newest.read_bytes() == document_of(event_type)
    now = msgspec.to_builtins(example_of(event_type))
    for file in [*older, newest]:
        understood = registry.decode(envelope.decode(file.read_bytes()))
        assert type(understood) is event_type.struct
        assert breaks_nothing(msgspec.json.decode(file.read_bytes())["data"], now)


def breaks_nothing(before: Any, now: Any) -> bool:
    """Whether all that was said is said still."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(key in now and breaks_nothing(before[key], now[key]) for key in before)
    if isinstance(before, list):
        return len(before) == len(now) and all(map(breaks_nothing, before, now))
    return bool(before == now)


@every_type
def test_an_example_is_valid_by_its_schema(event_type: EventType) -> None:
    """Asked of a validator that knows nothing of msgspec."""
    said = msgspec.json.decode(document_of(event_type))
    jsonschema.Draft202012Validator(envelope_schema()).validate(said)
    described = schema(event_type)
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.Draft202012Validator(described, format_checker=jsonschema.FormatChecker()).validate(said["data"])


def test_a_schema_is_found_by_the_parts_of_its_address() -> None:
    assert find_schema("catalog", "status-recorded", "v1") == schema(TYPES[14])
    assert find_schema("catalog", "status-recorded", "v2") is None
    assert find_schema("catalog", "weather-changed", "v1") is None


@pytest.mark.parametrize("speaker", ["catalog", "progress", "notifier"])
def test_the_asyncapi_document_is_valid_by_the_official_schema(speaker: str, asyncapi_schema: dict[str, Any]) -> None:
    document = asyncapi(speaker, {"here": "nats://user:secret@nats.example:4222"})
    jsonschema.Draft7Validator(asyncapi_schema).validate(msgspec.json.decode(msgspec.json.encode(document)))
    assert document["servers"]["here"] == {"host": "nats.example:4222", "protocol": "nats"}
    assert set(document["channels"]) == {one.name for one in TYPES if one.speaker == speaker}


def test_the_official_schema_would_tell(asyncapi_schema: dict[str, Any]) -> None:
    """A channel without an address of the right kind is found."""
    document = asyncapi("catalog")
    document["channels"]["status-recorded"]["address"] = 7
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(asyncapi_schema).validate(document)


@pytest.mark.parametrize("speaker", ["catalog", "progress", "notifier"])
def test_asyncapi_examples_are_valid_by_its_own_payloads(speaker: str) -> None:
    document = asyncapi(speaker)
    for message in document["components"]["messages"].values():
        payload = {**message["payload"], "components": document["components"]}
        for example in message["examples"]:
            jsonschema.Draft7Validator(payload).validate(example["payload"])


# ---- compatibility ---------------------------------------------------------------------------------------------------


@every_type
def test_no_released_schema_is_broken(event_type: EventType) -> None:
    """Only optional fields may come; anything else is a new version with an upcaster."""
    released = msgspec.json.decode(schema_file(ROOT, event_type).read_bytes())
    assert breaks(released, schema(event_type)) == []


def change(described: dict[str, Any], how: str) -> None:
    fields, status = described["properties"], described["$defs"]["Status"]
    match how:
        case "removed":
            del fields["correction"]
        case "renamed":
            fields["valid_from"] = fields.pop("effective_on")
        case "retyped":
            fields["correction"]["type"] = "integer"
        case "newly required":
            fields["weather"] = {"type": "string"}
            described["required"].append("weather")
        case "required before":
            described["required"].remove("until")
        case "no longer nullable":
            fields["until"] = {"type": "string", "format": "date"}
        case "word removed, deep inside":
            status["properties"]["phase"]["enum"].remove("pilot")
        case "removed, deep inside":
            del status["properties"]["online_url"]
        case "other default":
            fields["correction"]["default"] = True


@pytest.mark.parametrize(
    "how",
    [
        "removed",
        "renamed",
        "retyped",
        "newly required",
        "required before",
        "no longer nullable",
        "word removed, deep inside",
        "removed, deep inside",
        "other default",
    ],
)
def test_a_break_is_found(how: str) -> None:
    now = find_schema("catalog", "status-recorded", "v1")
    assert now is not None
    released = copy.deepcopy(now)
    change(now, how)
    assert breaks(released, now)


def test_optional_fields_and_better_sentences_break_nothing() -> None:
    now = find_schema("catalog", "status-recorded", "v1")
    assert now is not None
    released = copy.deepcopy(now)
    now["properties"]["weather"] = {"type": "string", "default": "fair"}
    now["$defs"]["Status"]["properties"]["mood"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    now["description"] = "Better said."
    assert breaks(released, now) == []


def test_the_generator_refuses_to_overwrite_a_released_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that running it is no way around the rule; and a frozen wire form stays beside the one that has grown."""
    main([str(tmp_path)])
    assert list(outdated(tmp_path))
    status = next(one for one in TYPES if one.name == "status-recorded")
    file = schema_file(tmp_path, status)
    released = msgspec.json.decode(file.read_bytes())
    released["properties"]["weather"] = {"type": "string"}
    file.write_bytes(msgspec.json.encode(released))
    with pytest.raises(Exception, match="weather is gone"):
        main([str(tmp_path)])
    file.unlink()
    first = golden_files(tmp_path, status)[0]
    first.write_bytes(first.read_bytes().replace(b',"correction":false', b""))
    main([str(tmp_path)])
    assert [one.read_bytes() == document_of(status) for one in golden_files(tmp_path, status)] == [False, True]
