"""Several apps behind one address start and stop as one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from litestar import Litestar, Request, get
from litestar.params import FromPath
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp

from edge.mounting import mount, running
from edge.testing import Tokens
from tests.edge.shelf import shelf_app


@get("/{key:str}/x")
async def seen(key: FromPath[str], request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"key": key, "root": request.scope["root_path"], "url": str(request.url)}


@get("/")
async def start() -> str:
    return "start"


def noting(name: str, log: list[str], fault: str = "") -> Litestar:
    """An app that notes its life."""

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        if fault == "start":
            raise RuntimeError(f"{name} cannot start")
        log.append(f"{name} up")
        yield
        log.append(f"{name} down")
        if fault == "stop":
            raise RuntimeError(f"{name} cannot stop")

    return Litestar([seen, start], lifespan=[life], logging_config=None)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("147130000000", "147130000000"),
        ("leika:99115005060000", "leika:99115005060000"),
        ("leika%3A99115005060000", "leika:99115005060000"),
        ("katottg:UA05020030010063857", "katottg:UA05020030010063857"),
        ("ars%3a147130000000", "ars:147130000000"),
        ("B%C3%BCrger%20amt", "Bürger amt"),
        ("api", "api"),
    ],
)
@pytest.mark.parametrize("prefix", ["/api/a/v1", "/"])
async def test_keys_pass_through_the_prefix(prefix: str, written: str, key: str) -> None:
    app = mount({"/api/a/v1": noting("a", []), "/": noting("root", [])})
    async with AsyncTestClient(app=app) as client:
        answer = await client.get(f"{prefix.rstrip('/')}/{written}/x")
    assert answer.json()["key"] == key
    assert answer.json()["root"] == prefix.rstrip("/")
    assert f"{prefix.rstrip('/')}/" in answer.json()["url"]


async def test_the_longest_prefix_wins_on_whole_segments() -> None:
    app = mount({"/api": noting("short", []), "/api/deep": noting("deep", [])})
    async with AsyncTestClient(app=app) as client:
        assert (await client.get("/api/deep/k/x")).json()["root"] == "/api/deep"
        assert (await client.get("/api/deeper/x")).json()["root"] == "/api"
        assert (await client.get("/api")).text == (await client.get("/api/")).text == "start"
        other = await client.get("/apis/x")
    assert (other.status_code, other.headers["content-type"]) == (404, "application/problem+json")
    assert other.headers["x-correlation-id"] == other.json()["instance"]


async def test_mounts_nest() -> None:
    app = mount({"/outer": mount({"/inner": noting("a", [])})})
    async with AsyncTestClient(app=app) as client:
        assert (await client.get("/outer/inner/k/x")).json()["root"] == "/outer/inner"


async def test_all_start_and_stop_once_in_order() -> None:
    log: list[str] = []
    first = noting("first", log)
    async with AsyncTestClient(app=mount({"/a": first, "/b": noting("second", log), "/c": first})):
        assert log == ["first up", "second up"]
    assert log == ["first up", "second up", "second down", "first down"]


async def test_one_that_cannot_start_stops_the_others_and_is_named() -> None:
    log: list[str] = []
    app = mount({"/a": noting("first", log), "/b": noting("second", log, "start")})
    said = await _life(app, ["lifespan.startup"])
    assert said[-1]["type"] == "lifespan.startup.failed"
    assert "second cannot start" in said[-1]["message"]
    assert log == ["first up", "first down"]


async def test_one_that_cannot_stop_is_reported() -> None:
    said = await _life(mount({"/a": noting("a", [], "stop")}), ["lifespan.startup", "lifespan.shutdown"])
    assert [message["type"] for message in said] == ["lifespan.startup.complete", "lifespan.shutdown.failed"]
    assert "a cannot stop" in said[-1]["message"]


async def test_an_app_without_lifespan_is_said_to_have_ended() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    said = await _life(mount({"/a": silent}), ["lifespan.startup"])
    assert said[-1]["type"] == "lifespan.startup.failed"


async def test_websockets_are_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await mount({"/a": noting("a", [])})({"type": "websocket", "path": "/a"}, None, send)  # type: ignore[arg-type]
    assert sent[0]["type"] == "websocket.close"


async def test_a_hidden_slash_is_said_to_be_one(tokens: Tokens) -> None:
    async with running(shelf_app(tokens)), AsyncTestClient(app=mount({"/p": shelf_app(tokens)})) as client:
        answer = await client.get("/p/boxes/a%2Fb")
    assert answer.status_code == 404
    assert "%2F" in answer.json()["detail"]


async def _life(app: ASGIApp, messages: list[str]) -> list[dict[str, Any]]:
    """What an app says to the server while it starts and stops."""
    waiting = iter(messages)
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, str]:
        return {"type": next(waiting)}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app({"type": "lifespan"}, receive, send)  # type: ignore[arg-type]
    return said


async def test_what_lies_inside_is_asked_for_without_a_prefix() -> None:
    log: list[str] = []

    @get("/-/alive")
    async def alive() -> str:
        return "alive"

    app = noting("a", log)
    app.register(alive)
    async with AsyncTestClient(app=mount({"/api/a/v1": app}, inside=app)) as client:
        assert (await client.get("/-/alive")).text == "alive"
        assert (await client.get("/api/a/v1/-/alive")).text == "alive"
        assert (await client.get("/k/x")).status_code == 404
    assert log == ["a up", "a down"]
