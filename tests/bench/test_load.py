"""The generator of load, against a server that counts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.load.driving import Drive
from bench.load.job import Job
from bench.load.scenarios import listed, ready


@pytest.fixture
async def server() -> AsyncIterator[tuple[int, list[str]]]:
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(4096):
            heard.append(head.split(b"\r\n")[0].decode())
            status = b"404 Not Found" if b"/nowhere" in head else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-")  # in two parts, as a network may
            await writer.drain()
            writer.write(b"Length: 5\r\n\r\nhello")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1], heard


async def test_it_makes_as_many_calls_as_asked_and_counts_answers(server: tuple[int, list[str]]) -> None:
    port, heard = server
    requests = await listed([{"path": "/here"}, {"path": "/nowhere", "method": "PUT", "body": {"a": 1}}])
    report = await Drive(Job(port=port, connections=3, requests=20), requests).run()
    assert report.counts == {"200": 10, "404": 10}
    assert report.unlike is not None
    assert report.unlike.startswith("HTTP/1.1 404")
    assert 0 < report.p50 <= report.p99 <= report.max
    assert heard.count("GET /here HTTP/1.1") == heard.count("PUT /nowhere HTTP/1.1") == 10


async def test_at_a_rate_it_makes_all_calls_though_connections_are_few(server: tuple[int, list[str]]) -> None:
    port, _ = server
    job = Job(port=port, connections=2, requests=30, rate=2000)
    assert (await Drive(job, await listed([{"path": "/here"}])).run()).counts == {"200": 30}


def test_a_request_with_a_body_tells_its_length() -> None:
    assert (
        ready("PUT", "/x", {"A": "b"}, b"12")
        == b"PUT /x HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\nContent-Length: 2\r\n\r\n12"
    )
