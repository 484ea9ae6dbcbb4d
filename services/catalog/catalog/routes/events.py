"""The feed: everything the catalog ever said, in order, byte for byte as it is kept and published."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from catalog.desk import Desk, desk
from edge.asking import EdgeRequest
from edge.problems import Problem
from events.contracts.envelope import BATCH_CONTENT_TYPE
from events.log import read

PAGE_BYTES = 32 * 2**20
"""A page is cut here, whatever the limit, so that a reader's memory is bounded."""
PING_SECONDS = 15.0
STREAM_PAGE = 200
_POSITION = {"ge": 0, "le": 2**62}


@get(
    "/events",
    operation_id="read_events",
    opt={"timeout": 60.0, "traced": False},
    media_type=BATCH_CONTENT_TYPE,
    responses={
        200: ResponseSpec(
            list[dict[str, Any]], generate_examples=False, media_type=BATCH_CONTENT_TYPE, description="events"
        )
    },
)
async def read_events(
    request: EdgeRequest,
    after: Annotated[int, QueryParameter(description="position of the last event you have", **_POSITION)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=read.PAGE_LIMIT)] = 1000,
    wait: Annotated[float, QueryParameter(ge=0, le=30, description="seconds to wait for something new")] = 0,
) -> Response[Any]:
    """The events that follow `after`, as a CloudEvents batch; `X-Head-Position` says how far the log has come."""
    office = desk(request)
    documents, head = await _page(office, after, limit)
    if not documents and wait:
        await office.head.beyond(after, wait)
        documents, head = await _page(office, after, limit)
    return Response(
        b"[" + b",".join(documents) + b"]",
        media_type=BATCH_CONTENT_TYPE,
        headers={"X-Head-Position": str(head), "Cache-Control": "no-store"},
    )


@get(
    "/events/stream",
    operation_id="stream_events",
    opt={"timeout": None, "traced": False},
    media_type="text/event-stream",
    responses={
        200: ResponseSpec(
            str, generate_examples=False, media_type="text/event-stream", description="server-sent events"
        )
    },
)
async def stream_events(
    request: EdgeRequest,
    after: Annotated[int | None, QueryParameter(description="begin behind this position", **_POSITION)] = None,
) -> Stream:
    """Events as they happen, as server-sent events whose `id` is the position. `Last-Event-ID` goes on where you were."""
    office = desk(request)
    begin = _last_event_id(request)
    if begin is None:
        begin = after if after is not None else (await _page(office, 2**62, 1))[1]
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(_stream(office, begin), media_type="text/event-stream", headers=headers)


async def _page(office: Desk, after: int, limit: int) -> tuple[list[bytes], int]:
    """Documents, and the head as it was at least when they were read."""
    async with office.engine.connect() as connection:
        documents = await read.page(connection, after, limit)
        head = await read.head(connection)
    size = 0
    for count, document in enumerate(documents):
        size += len(document) + 1
        if size > PAGE_BYTES and count:
            return documents[:count], head
    return documents, head


async def _stream(office: Desk, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    while True:
        documents, _ = await _page(office, after, STREAM_PAGE)
        for document in documents:
            after += 1
            yield b"id: %d\ndata: %s\n\n" % (after, document)
        if not documents and not await office.head.beyond(after, PING_SECONDS):
            yield b": ping\n\n"
        await asyncio.sleep(0)


def _last_event_id(request: EdgeRequest) -> int | None:
    given = request.headers.get("last-event-id", "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Problem(
            400,
            "malformed-last-event-id",
            {"en": "Malformed Last-Event-ID", "de": "Fehlerhafte Last-Event-ID"},
            {
                "en": "Last-Event-ID is the `id` of the last event you received, a whole number.",
                "de": "Last-Event-ID ist die `id` des zuletzt empfangenen Ereignisses, eine ganze Zahl.",
            },
            field="Last-Event-ID",
        )
    return int(given)


HANDLERS = [read_events, stream_events]
