"""Everything the catalog says, in order, byte for byte, at once."""

import asyncio
import time

import msgspec
import pytest

from catalog.domain.bundle import ListBundle
from events.contracts.envelope import decode_page
from events.contracts.registry import TYPES
from events.log import read
from tests.harness.catalog import PREFIX, Catalog, body_of


async def test_the_feed_is_the_log_byte_for_byte(catalog: Catalog) -> None:
    answer = await catalog.call("GET", "/events?after=3&limit=5", role=None)
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    assert answer.headers["x-head-position"] == "13"
    async with catalog.desk.engine.connect() as connection:
        documents = await read.page(connection, 3, 5)
    assert answer.content == b"[" + b",".join(documents) + b"]"
    assert [event.position for event in decode_page(answer.content)] == [4, 5, 6, 7, 8]


async def test_beyond_the_head_there_is_nothing(catalog: Catalog) -> None:
    answer = await catalog.call("GET", "/events?after=13", role=None)
    assert (answer.content, answer.headers["x-head-position"]) == (b"[]", "13")


async def test_a_waiting_reader_hears_at_once(catalog: Catalog) -> None:
    began = time.monotonic()
    waiting = asyncio.create_task(catalog.call("GET", "/events?after=13&wait=20", role=None))
    await asyncio.sleep(0.2)
    await catalog.hears(ListBundle(id="10119", title="Personalausweis"))
    answer = await waiting
    assert [event.type for event in decode_page(answer.content)] == ["ozg.catalog.bundle-listed.v1"]
    assert time.monotonic() - began < 5


async def test_a_waiting_reader_gets_an_empty_page_in_the_end(catalog: Catalog) -> None:
    assert (await catalog.call("GET", "/events?after=13&wait=0.2", role=None)).content == b"[]"


@pytest.mark.parametrize(
    "query", ["after=-1", "limit=0", "limit=5001", "wait=31", "after=x", "after=99999999999999999999"]
)
async def test_impossible_pages_are_refused(catalog: Catalog, query: str) -> None:
    assert (await catalog.call("GET", f"/events?{query}", role=None)).status_code == 400


async def test_a_stream_goes_on_behind_the_last_event(catalog: Catalog) -> None:
    url = f"{PREFIX}/events/stream"
    heard: list[str] = []
    async with asyncio.timeout(10):
        stream = catalog.desk
        from catalog.routes.events import _stream

        async for chunk in _stream(stream, 11):
            heard.append(chunk.decode())
            if len(heard) == 3:
                await catalog.hears(ListBundle(id="10119", title="Personalausweis"))
            if len(heard) == 4:
                break
    assert heard[0].startswith("retry:")
    assert [chunk.split("\n")[0] for chunk in heard[1:]] == ["id: 12", "id: 13", "id: 14"]
    assert msgspec.json.decode(heard[3].split("data: ")[1])["type"] == "ozg.catalog.bundle-listed.v1"
    bad = await catalog.client.get(url, headers={"Last-Event-ID": "x"})
    assert bad.status_code == 400


async def test_every_event_has_its_schema(catalog: Catalog) -> None:
    for event_type in TYPES:
        if event_type.speaker == "catalog":
            answer = await catalog.call("GET", f"/schemas/{event_type.name}/v{event_type.version}", role=None)
            assert body_of(answer)["$id"] == event_type.dataschema
    assert (await catalog.call("GET", "/schemas/status-recorded/v9", role=None)).status_code == 404


async def test_asyncapi_names_every_event_once(catalog: Catalog) -> None:
    document = body_of(await catalog.call("GET", "/asyncapi.json", role=None))
    assert set(document["channels"]) == {event_type.name for event_type in TYPES if event_type.speaker == "catalog"}


async def test_reading_may_need_a_token(catalog_database: str) -> None:
    from tests.harness.catalog import running_catalog

    async with running_catalog(catalog_database, reading="token") as closed:
        assert (await closed.call("GET", "/events", role=None)).status_code == 401
        assert (await closed.call("GET", "/events", role="reader")).status_code == 200
        assert (await closed.call("GET", "/-/ready", role=None)).status_code == 200
