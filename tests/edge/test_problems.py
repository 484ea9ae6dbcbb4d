"""Whatever goes wrong is a problem document that says what, where, and what would be right."""

from typing import Any

import msgspec
import pytest
import structlog
from litestar import get
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from edge.bodies import decode
from edge.language import preferred
from edge.mounting import mount
from edge.problems import Problem, RowError
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

BOX = "/api/shelf/v1/boxes/a:1"
JSON = {"Content-Type": "application/json"}
Client = AsyncTestClient[ASGIApp]


async def put(client: Client, tokens: Tokens, body: Any, **headers: str) -> dict[str, Any]:
    """The problem a body meets."""
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await client.put(BOX, headers=tokens.bearer("operator") | JSON | headers, **sent)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert answer.json()["instance"] == answer.headers["x-correlation-id"]
    return answer.json()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"text": 3}, "text", "Expected text, got a whole number"),
        ({"text": "a", "weight": "3"}, "weight", "Expected a whole number, got text"),
        ({"text": "a", "weight": 101}, "weight", "at most 100"),
        ({"text": ""}, "text", "at least 1"),
        ({"text": "a", "colour": "blue"}, "colour", "Use one of: green, red"),
        ({"text": "a", "foo": 1}, "foo", "Known are: text, colour, weight, packed_on, tags"),
        ({}, "text", "required"),
        ({"text": "a", "packed_on": "01.11.2026"}, "packed_on", "a date like 2026-11-01"),
        ({"text": "a", "tags": ["b", 1]}, "tags[1]", "Expected text"),
        ([], None, "Expected an object, got a list"),
        (b"null", None, "Expected an object, got null"),
    ],
)
async def test_a_wrong_field_is_named_with_what_would_be_right(
    shelf: Client, tokens: Tokens, body: Any, field: str | None, words: str
) -> None:
    problem = await put(shelf, tokens, body)
    assert problem["status"] == 400
    assert problem.get("field") == field
    assert words in problem["detail"]
    assert words in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"text":\n  "a",}', "line 2, column 7"),
        (b'{"text": "a"', "ends too early"),
        (b"\xff\xfe", "not JSON"),
        (b'{"text": "\xff"}', "not UTF-8"),
    ],
)
async def test_malformed_json_says_where(shelf: Client, tokens: Tokens, body: bytes, words: str) -> None:
    problem = await put(shelf, tokens, body)
    assert (problem["status"], problem["type"]) == (400, "urn:ozg:problem:malformed-json")
    assert words in problem["detail"]


def test_json_nested_beyond_reason_is_a_problem() -> None:
    with pytest.raises(Problem, match="nested too deeply"):
        decode(b"[" * 100_000, Any)


def test_the_kinds_of_a_tagged_union_are_listed() -> None:
    class Circle(msgspec.Struct, tag="circle", tag_field="kind"):
        radius: int

    class Square(msgspec.Struct, tag="square", tag_field="kind"):
        side: int

    class Drawing(msgspec.Struct):
        shapes: list[Circle | Square]

    with pytest.raises(Problem) as refused:
        decode(b'{"shapes": [{"kind": "star"}]}', Drawing)
    assert refused.value.field == "shapes[0].kind"
    assert "Use one of: circle, square" in str(refused.value)
    with pytest.raises(Problem) as refused:
        decode(b'{"shapes": [{"side": 3}]}', Drawing)
    assert refused.value.field == "shapes[0].kind"


async def test_a_missing_body_is_said_to_be_missing(shelf: Client, tokens: Tokens) -> None:
    assert "no body" in (await put(shelf, tokens, b""))["detail"]


@pytest.mark.parametrize("body", [b'{"text": "a\x00b"}', b'{"text": "a\\u0000b"}', b'{"text": "\\\\\\u0000"}'])
async def test_a_nul_in_the_body_is_refused(shelf: Client, tokens: Tokens, body: bytes) -> None:
    assert (await put(shelf, tokens, body))["type"] == "urn:ozg:problem:nul-character"


async def test_a_backslash_before_u0000_is_no_nul(shelf: Client, tokens: Tokens) -> None:
    answer = await shelf.put(BOX, content=b'{"text": "\\\\u0000"}', headers=tokens.bearer("operator") | JSON)
    assert answer.json()["label"]["text"] == "\\u0000"


async def test_a_nul_in_text_is_refused_and_in_other_media_is_not(shelf: Client, tokens: Tokens) -> None:
    for media_type, status in (("text/csv", 400), ("application/x-ndjson", 400), ("application/vnd.ms-excel", 200)):
        headers = tokens.bearer() | {"Content-Type": media_type}
        answer = await shelf.post("/api/shelf/v1/sheets", content=b"a\x00b", headers=headers)
        assert answer.status_code == status, media_type


@pytest.mark.parametrize("address", ["/boxes/a%00b", "/boxes?colour=a%00b"])
async def test_a_nul_in_the_address_is_refused(shelf: Client, address: str) -> None:
    answer = await shelf.get("/api/shelf/v1" + address)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ozg:problem:nul-character")


async def test_another_media_type_is_refused_with_the_one_that_is_read(shelf: Client, tokens: Tokens) -> None:
    problem = await put(shelf, tokens, b"text=a", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert problem["status"] == 415
    assert "application/json" in problem["detail"]


async def test_a_body_over_the_limit_is_refused_and_a_route_may_raise_it(shelf: Client, tokens: Tokens) -> None:
    problem = await put(shelf, tokens, b'"' + b"a" * 1_100_000 + b'"')
    assert (problem["status"], problem["limit"]) == (413, 2**20)
    sheet = await shelf.post("/api/shelf/v1/sheets", content=b"a" * 1_100_000, headers=tokens.bearer())
    assert sheet.json() == {"bytes": 1_100_000}


async def test_unknown_paths_and_methods_are_problems(shelf: Client) -> None:
    for method, path, status in (
        ("GET", "/elsewhere", 404),
        ("GET", "/api/shelf/v1/nothing", 404),
        ("GET", "/api/shelf/v10/boxes", 404),
        ("PATCH", BOX, 405),
        ("BREW", BOX, 405),
        ("GET", "/api/shelf/v1/-/litestar/x", 404),
        ("GET", "/api/shelf/v1/-/litestar/openapi.json", 404),
        ("GET", "/api/shelf/v1/docs/x", 404),
    ):
        answer = await shelf.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.headers["x-correlation-id"]
        if status == 405:
            assert "PUT" in answer.headers["allow"]


async def test_a_wrong_query_parameter_is_named(shelf: Client) -> None:
    problem = (await shelf.get("/api/shelf/v1/boxes?limit=many&colour=red")).json()
    assert (problem["status"], problem["field"]) == (400, "limit")
    problem = (await shelf.get("/api/shelf/v1/boxes?colour=blue")).json()
    assert "Use one of: green, red" in problem["detail"]


async def test_an_unexpected_fault_tells_nothing_and_is_logged_with_its_id(shelf: Client, tokens: Tokens) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        problem = await put(shelf, tokens, {"text": "crash"}, **{"X-Correlation-Id": "ab-1"})
    assert problem["status"] == 500
    assert "secret" not in str(problem)
    (line,) = [line for line in lines if line["event"] == "unexpected_exception"]
    assert line["correlation_id"] == problem["instance"] == "ab-1"
    assert isinstance(line["exc_info"], RuntimeError)


async def test_what_we_stored_wrongly_is_our_fault_and_not_the_callers(tokens: Tokens) -> None:
    @get("/stored")
    async def stored() -> int:
        return msgspec.json.decode(b'"three"', type=int)

    async with AsyncTestClient(app=shelf_app(tokens, more=[stored])) as client:
        assert (await client.get("/stored")).status_code == 500


async def test_a_services_own_refusal_reads_in_the_readers_language(shelf: Client, tokens: Tokens) -> None:
    german = await put(shelf, tokens, {"text": "glass"}, **{"Accept-Language": "de-DE,de;q=0.9,en;q=0.8"})
    english = await put(shelf, tokens, {"text": "glass"})
    assert (german["detail"], english["detail"]) == ("Zu zerbrechlich.", "Too fragile.")
    wrong = await put(shelf, tokens, {"text": 3}, **{"Accept-Language": "de"})
    assert wrong["errors"][0]["detail"] == "Erwartet wird ein Text, nicht eine ganze Zahl."


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("en,de;q=0.9", "en"),
        ("fr,de;q=0.5,en;q=0.4", "de"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("de;q=x,;;,", "en"),
    ],
)
def test_german_is_spoken_only_to_those_who_prefer_it(header: str, language: str) -> None:
    assert preferred(header) == language


def test_rows_keep_their_number_and_their_language() -> None:
    row = RowError(row=3, field="phase", detail={"en": "wrong", "de": "falsch"})
    problem = Problem(422, "rows", "Rows", "3 rows", errors=[row], recorded=0)
    assert problem.document("de")["errors"] == [{"row": 3, "field": "phase", "detail": "falsch"}]
    assert problem.document()["recorded"] == 0


async def test_a_request_that_takes_too_long_is_ended(tokens: Tokens) -> None:
    @get("/slow", opt={"timeout": 0.05})
    async def slow() -> str:
        import asyncio

        await asyncio.sleep(5)
        return "late"

    async with AsyncTestClient(app=mount({"": shelf_app(tokens, more=[slow])})) as client:
        answer = await client.get("/slow")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:ozg:problem:took-too-long")
    assert answer.headers["retry-after"]
