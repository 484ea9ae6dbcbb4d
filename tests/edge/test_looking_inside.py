"""Operators see what runs, whether it can work, how it does, and read logs without secrets."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator

import pytest
import structlog
from litestar import get
from litestar.response import Stream
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from edge.correlation import correlation_id, traceparent, uuid7
from edge.headers import PAGE_POLICY
from edge.health import NotReady
from edge.logs import configure, redact
from edge.metrics import Metrics
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

Client = AsyncTestClient[ASGIApp]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_alive_is_not_ready(tokens: Tokens) -> None:
    async def fine() -> str:
        return "18.6"

    async def down() -> None:
        raise NotReady("no leader yet")

    async def leaking() -> None:
        raise ConnectionError("postgresql://user:password@db")

    async def hanging() -> None:
        await asyncio.sleep(60)

    checks = {"a": fine, "b": down, "c": leaking}
    async with AsyncTestClient(app=shelf_app(tokens, checks=checks)) as client:
        assert (await client.get("/-/health")).json() == {"status": "ok", "conditions": {}}
        answer = await client.get("/-/ready")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert problem["detail"] == "Failing: b, c."
    assert problem["checks"]["a"]["status"] == "ok"
    assert problem["checks"]["b"]["detail"] == "no leader yet"
    assert problem["checks"]["c"]["detail"] == "ConnectionError"
    assert "password" not in answer.text


async def test_a_check_that_hangs_fails_in_its_time() -> None:
    from edge.health import run

    async def hanging() -> None:
        await asyncio.sleep(60)

    result = (await run({"slow": hanging}, 0.01))["slow"]
    assert (result.status, result.detail) == ("failed", "no answer within 0.01 s")


async def test_a_condition_is_shown_but_keeps_the_service_in_rotation(tokens: Tokens) -> None:
    conditions = {"follower": lambda: "halted at position 7", "relay": lambda: None}
    async with AsyncTestClient(app=shelf_app(tokens, conditions=conditions)) as client:
        for path in ("/-/health", "/-/ready"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.json()["status"] == "degraded"
            assert answer.json()["conditions"] == {"follower": "halted at position 7"}


async def test_the_version_is_told(tokens: Tokens) -> None:
    async with AsyncTestClient(app=shelf_app(tokens, revision="abc123")) as client:
        answer = await client.get("/-/version")
    assert answer.json() == {"name": "shelf", "version": "1.2.3", "revision": "abc123"}


async def test_requests_are_measured_by_route_and_apps_do_not_share_numbers(tokens: Tokens) -> None:
    metrics = Metrics("one")
    metrics.gauge_from("position", "where we are", lambda: 42)
    first, second = shelf_app(tokens, metrics=metrics), shelf_app(tokens)
    async with AsyncTestClient(app=first) as client, AsyncTestClient(app=second) as other:
        await client.get("/boxes/a")
        await client.get("/boxes/b")
        await client.get("/no/such/path")
        await client.request("BREW", "/boxes/a")
        text = (await client.get("/-/metrics")).text
        assert "boxes" not in (await other.get("/-/metrics")).text
    assert 'one_http_request_duration_seconds_count{method="GET",route="/boxes/{key}",status="404"} 2.0' in text
    assert 'one_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'method="other"' in text
    assert "one_position 42.0" in text


async def test_openmetrics_is_spoken_to_those_who_ask(shelf: Client) -> None:
    answer = await shelf.get("/api/shelf/v1/-/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_the_correlation_id_of_the_caller_is_kept(tokens: Tokens) -> None:
    @get("/seen")
    async def seen() -> dict[str, str | None]:
        return {"correlation": correlation_id(), "trace": traceparent()}

    async with AsyncTestClient(app=shelf_app(tokens, more=[seen])) as client:
        answer = await client.get("/seen", headers={"X-Correlation-Id": "Abc.1_2-3", "traceparent": TRACE})
        assert answer.json() == {"correlation": "Abc.1_2-3", "trace": TRACE}
        assert answer.headers["x-correlation-id"] == "Abc.1_2-3"
        for bad in ("", "a b", "x" * 65, "<script>", "a\tb"):
            answer = await client.get("/seen", headers={"X-Correlation-Id": bad, "traceparent": "00-0-0-0"})
            made = uuid.UUID(answer.headers["x-correlation-id"])
            assert answer.json() == {"correlation": str(made), "trace": None}
            assert made.version == 7


def test_ids_sort_by_time_and_are_of_version_7() -> None:
    made = uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert uuid7() != uuid7()


async def test_answers_carry_security_headers_unless_the_route_sets_its_own(shelf: Client, tokens: Tokens) -> None:
    for path in ("/api/shelf/v1/boxes", "/api/shelf/v1/no", "/api/shelf/v1/boxes/a%00"):
        headers = (await shelf.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert (await shelf.get("/api/shelf/v1/docs")).headers.get_list("content-security-policy") == [PAGE_POLICY]
    async with AsyncTestClient(app=shelf_app(tokens, content_security_policy="default-src 'self'")) as client:
        assert (await client.get("/boxes")).headers["content-security-policy"] == "default-src 'self'"


async def test_head_is_answered_as_get_without_a_body(shelf: Client) -> None:
    got, head = await shelf.get("/api/shelf/v1/boxes"), await shelf.head("/api/shelf/v1/boxes")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_head_of_an_endless_stream_ends(tokens: Tokens) -> None:
    @get("/endless", opt={"timeout": None})
    async def endless() -> Stream:
        async def drops() -> AsyncIterator[bytes]:
            while True:
                yield b"drop"

        return Stream(drops())

    async with AsyncTestClient(app=shelf_app(tokens, more=[endless])) as client, asyncio.timeout(5):
        assert (await client.head("/endless")).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Basic YTpi"),
        ("api_token", "abc"),
        ("database_password", "abc"),
        ("said", "sent Bearer abc.def"),
        ("event", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln"),
        ("hook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("url", "postgresql://user:secret-word@db/catalog"),
        ("headers", {"Cookie": "session=abc", "nested": [{"secret": "abc"}]}),
        ("body", b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ],
)
def test_secrets_never_reach_the_log(name: str, value: object) -> None:
    said = str(redact(None, "info", {name: value}))
    for secret in ("YTpi", "abc", "eyJ", "MfKQ", "secret-word"):
        assert secret not in said
    assert "[hidden]" in said


def test_what_is_no_secret_stays() -> None:
    line = {"event": "x", "url": "http://a/b?c=d@e", "tokens_verified": 3, "key": "leika:99115005060000", "took": 1.5}
    assert redact(None, "info", dict(line)) == line


@pytest.mark.usefixtures("fresh_logging")
async def test_every_line_is_json_with_its_correlation_id(tokens: Tokens, capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "INFO")
    async with AsyncTestClient(app=shelf_app(tokens)) as client:
        headers = tokens.bearer("operator") | {"X-Correlation-Id": "c-1"}
        await client.put("/boxes/a?token=abc", json={"text": "crash"}, headers=headers)
        await client.get("/-/health")
    logging.getLogger("nats").warning("reconnecting with %s", "whsec_abcdef", extra={"attempt": 2})
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    lines = [line for line in said if line["logger"] != "httpx"]
    fault, access, foreign = lines
    assert fault["message"] == "unexpected_exception"
    assert "RuntimeError" in fault["exception"]
    assert "whsec_c2" not in fault["exception"]
    assert fault["correlation_id"] == access["correlation_id"] == "c-1"
    expected = {"message": "request", "path": "/boxes/a", "route": "/boxes/{key}", "status": 500, "logger": "access"}
    assert expected.items() <= access.items()
    assert foreign["message"] == "reconnecting with [hidden]"
    assert (foreign["logger"], foreign["level"], foreign["attempt"]) == ("nats", "warning", 2)


@pytest.mark.usefixtures("fresh_logging")
def test_pretty_lines_show_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure("pretty", "DEBUG")

    def breaking(sent: str) -> None:
        raise RuntimeError(f"{len(sent)} letters")

    try:
        breaking("what " + "somebody sent")
    except RuntimeError:
        structlog.get_logger("x").exception("it_broke")
    said = capsys.readouterr().err
    assert "18 letters" in said
    assert "what somebody sent" not in said
