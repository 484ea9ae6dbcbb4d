"""A real server on a real port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.response import Stream

from edge.mounting import mount
from edge.serving import AddressTaken, DidNotStart, listen, run, serve
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

PREFIX = "/api/shelf/v1"


@contextlib.asynccontextmanager
async def served(app: Any, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The app on a free port until the block ends."""
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(app, listening, stop=stop, ready=ready.set, **options))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    waiting.cancel()
    try:
        if not serving.done():
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                yield client
        else:
            yield httpx.AsyncClient()
    finally:
        stop.set()
        await asyncio.wait_for(serving, 20)


async def test_a_real_server_answers_below_the_prefix_without_naming_itself() -> None:
    tokens = Tokens()
    async with served(mount({PREFIX: shelf_app(tokens)})) as client:
        key = "leika%3A99115005060000"
        put = await client.put(f"{PREFIX}/boxes/{key}", json={"text": "a"}, headers=tokens.bearer("operator"))
        assert put.json()["key"] == "leika:99115005060000"
        assert "server" not in put.headers
        assert len(put.headers.get_list("x-correlation-id")) == 1
        hidden = await client.get(f"{PREFIX}/boxes/a%2Fb")
        assert (hidden.status_code, "%2F" in hidden.json()["detail"]) == (404, True)
        assert (await client.get(f"{PREFIX}/boxes/a%00")).status_code == 400
        assert (await client.head(f"{PREFIX}/boxes")).status_code == 200
        assert (await client.options(f"{PREFIX}/boxes/a")).headers["allow"]
        strange = await client.get(f"{PREFIX}/boxes/%FF%FE?colour=%FF")
        assert strange.status_code in {400, 404}
        assert strange.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "start",
    [b"GET /", b"GET / HTTP/1.1\r\nhost: x\r\n", b"GET / HTTP/1.1\r\nhost: x\r\nx-long: "],
    ids=["path", "many", "one"],
)
async def test_a_head_without_an_end_is_cut_off(start: bytes) -> None:
    """Whatever of it is endless: what was sent is never kept beyond a limit."""
    more = b"x-more: 1\r\n" * 100 if start.endswith(b"\r\n") else b"a" * 1000
    async with served(mount({PREFIX: shelf_app(Tokens())})) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                writer.write(more)
                await writer.drain()
        answer = await reader.read(1000)
        writer.close()
        assert answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_heads_are_counted_each_and_bodies_are_not() -> None:
    tokens = Tokens()
    long = {"x-long": "a" * 40_000} | tokens.bearer("editor")
    async with served(mount({PREFIX: shelf_app(tokens)})) as client:
        for _ in range(3):
            answer = await client.post(f"{PREFIX}/sheets", content=b"x" * 200_000, headers=long)
            assert (answer.status_code, answer.json()) == (200, {"bytes": 200_000})


async def test_a_streamed_body_over_the_limit_is_refused_before_its_end() -> None:
    tokens = Tokens()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"a" * 100_000

    async with served(shelf_app(tokens)) as client:
        headers = tokens.bearer("operator") | {"Content-Type": "application/json"}
        answer = await client.put("/boxes/a", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:ozg:problem:too-large")


async def test_a_body_that_never_arrives_is_given_up() -> None:
    tokens = Tokens()
    async with served(shelf_app(tokens, request_timeout=0.2)) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        token = tokens.bearer("operator")["Authorization"]
        writer.write(
            b"PUT /boxes/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
            + f"Authorization: {token}\r\n\r\n{{".encode()
        )
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 10)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"urn:ozg:problem:request-timeout" in answer


async def test_stopping_does_not_wait_for_ever_for_a_stream() -> None:
    @get("/endless", opt={"timeout": None})
    async def endless() -> Stream:
        async def drops() -> AsyncIterator[bytes]:
            while True:
                yield b"drop\n"
                await asyncio.sleep(0.01)

        return Stream(drops())

    async with served(shelf_app(Tokens(), more=[endless]), grace=1.0) as client:  # noqa: SIM117 - the order is what is tested
        async with client.stream("GET", "/endless") as answer:
            assert (await anext(answer.aiter_bytes())).startswith(b"drop")


def test_a_taken_port_is_said_to_be_taken() -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressTaken, match=f"127.0.0.1:{port}"):
            listen("127.0.0.1", port)


def test_an_app_that_does_not_start_is_told() -> None:
    @contextlib.asynccontextmanager
    async def broken(_: Litestar) -> AsyncIterator[None]:
        await asyncio.to_thread(Path("/no/such/socket").stat)
        yield

    app = mount({"/a": Litestar([], lifespan=[broken], logging_config=None)})
    with pytest.raises(DidNotStart):
        run(serve(app, listen("127.0.0.1", 0), stop=asyncio.Event()))
