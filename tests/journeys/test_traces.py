"""One call, followed from the door through log, relay, followers and alert to the webhook: one trace, and nothing in it to hide."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from embedded.nats import free_port
from tests.harness.collector import Collector, Span
from tests.harness.installation import ROOT, installation
from tests.harness.nats import NatsServer
from tests.harness.postgres import PostgresServer
from tests.journeys.installation import SERVICES, Installation, Process, eventually
from tests.journeys.receiver import Receiver

LEIPZIG = "147130000000"
CHEMNITZ = "145110000000"
OUTBOX = "basis:postausgang"
CALLER = "00f067aa0ba902b7"
FOLLOWED = "4bf92f3577b34da6a3ce929d0e0e4736"
NOT_FOLLOWED = "5cf92f3577b34da6a3ce929d0e0e4737"
RECORDED = "6df92f3577b34da6a3ce929d0e0e4738"
NOTE = "Rückfragen an das Bürgerbüro im zweiten Stock"
SECRET_PATH = "kennwort-im-pfad"

OPENING = "PUT /solutions/{slug}/availability/{region}"
ALL_OF_IT = {
    ("catalog", OPENING),
    ("catalog", "append"),
    ("catalog", "publish CATALOG"),
    ("progress", "apply progress"),
    ("notifier", "apply notifier"),
    ("notifier", "raise alerts"),
    ("notifier", "publish NOTIFIER"),
    ("notifier", "deliver webhook"),
}


class Place(NamedTuple):
    """An installation, however it is made."""

    urls: Mapping[str, str]
    token: Callable[[str, str], Awaitable[dict[str, str]]]
    said: Callable[[], str]


class Apart(Installation):
    """Each service as two processes: one answers, the other works."""

    workers: list[Process]

    async def start(self) -> None:
        self.workers = []
        for name, service in self.services.items():
            service.command = "web"
            log = self._folder / f"{name}-worker.log"
            self.workers.append(Process(name, free_port(), self._environment, log, "worker"))
            self.postgres.sql(f"CREATE DATABASE {name}")
        for name in SERVICES:
            await self.command(name, "migrate")
        await self.command("catalog", "reference")
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40))
        for process in (*self.services.values(), *self.workers):
            process.start()
        for name in SERVICES:
            await self.ready(name)

    async def stop(self) -> None:
        await super().stop()
        for worker in self.workers:
            worker.stop()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        yield made


@pytest.fixture
async def apart(
    own_postgres: PostgresServer, own_nats: NatsServer, tmp_path: Path, collector: Collector
) -> AsyncIterator[Place]:
    traced = {"OZG_TRACES_URL": collector.url, "OZG_TRACES_SHARE": "0"}
    made = Apart(own_postgres, own_nats, tmp_path, environment=traced)
    try:
        await made.start()
        yield Place(
            {name: service.url for name, service in made.services.items()},
            made.token,
            lambda: "\n".join(process.last_words for process in (*made.services.values(), *made.workers)),
        )
    finally:
        await made.stop()


@pytest.fixture
async def together(collector: Collector) -> AsyncIterator[Place]:
    """As `make run` starts it."""
    with installation() as made:
        await asyncio.to_thread(lambda: made.start(OZG_TRACES_URL=collector.url, OZG_TRACES_SHARE="0"))

        async def token(role: str, authority: str) -> dict[str, str]:
            command = ["-m", "embedded", "token", "--role", role, "--municipality", authority, "--data", str(made.data)]
            printed = await asyncio.to_thread(subprocess.check_output, [sys.executable, *command], text=True, cwd=ROOT)
            return {"Authorization": f"Bearer {printed.strip()}"}

        yield Place({name: f"{made.url}/api/{name}/v1" for name in SERVICES}, token, made.said)
        assert await asyncio.to_thread(made.end) == 0


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_one_call_is_one_trace_through_all_processes(
    apart: Place, collector: Collector, receiver: Receiver
) -> None:
    await _is_one_trace(apart, collector, receiver)


@pytest.mark.slow
@pytest.mark.embedded_only
@pytest.mark.timeout(240)
async def test_one_call_is_one_trace_within_one_process(
    together: Place, collector: Collector, receiver: Receiver
) -> None:
    await _is_one_trace(together, collector, receiver)


async def _is_one_trace(place: Place, collector: Collector, receiver: Receiver) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40)) as session:
        hidden = await _an_opening_is_followed(place, session, receiver)
        await eventually(_told(collector, FOLLOWED, ALL_OF_IT), lambda: (collector.spans, place.said()))
        hidden |= await _a_status_is_followed(place, session)
        recorded = {("catalog", "append"), ("progress", "apply progress"), ("notifier", "apply notifier")}
        await eventually(_told(collector, RECORDED, recorded), lambda: (collector.spans, place.said()))
    _hang_together(collector.of_trace(FOLLOWED))
    assert collector.of_trace(NOT_FOLLOWED) == [], "what its caller does not follow is told by nobody behind it"
    assert {span.trace for span in collector.spans} == {FOLLOWED, RECORDED}, "a share of 0 follows who asks for it"
    (delivered,) = [span for span in collector.of_trace(FOLLOWED) if span.name == "deliver webhook"]
    assert delivered.attributes["http.response.status_code"] == 204
    assert {one["service.name"] for one in collector.resources} == set(SERVICES)
    for secret in hidden:
        assert not any(secret.encode() in body for body in collector.bodies), secret


def _told(collector: Collector, trace: str, expected: set[tuple[str, str]]) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return expected <= {(span.service, span.name) for span in collector.of_trace(trace)}

    return told


def _hang_together(spans: list[Span]) -> None:
    """Each was caused by another of them, the first by the caller."""
    ids = {span.id for span in spans} | {CALLER}
    assert {span.parent for span in spans} <= ids
    by_name = {span.name: span for span in spans}
    door, alerts = by_name[OPENING], by_name["raise alerts"]
    assert door.parent == CALLER
    assert by_name["append"].parent == door.id
    assert by_name["apply notifier"].parent == by_name["append"].id == by_name["apply progress"].parent
    assert alerts.parent == by_name["apply notifier"].id
    assert by_name["deliver webhook"].parent == alerts.id
    assert door.attributes["http.route"] == "/solutions/{slug}/availability/{region}"
    assert not any(span.failed for span in spans)


async def _an_opening_is_followed(place: Place, session: aiohttp.ClientSession, receiver: Receiver) -> set[str]:
    """What must not be read in any span."""
    publisher, editor = await place.token("publisher", LEIPZIG), await place.token("editor", CHEMNITZ)
    url = f"{receiver.url}?{SECRET_PATH}=1"
    subscription = {"channel": {"kind": "webhook", "url": url}, "municipality": CHEMNITZ}
    opened = await _call(session, "POST", f"{place.urls['notifier']}/subscriptions", editor, subscription)
    catalog = place.urls["catalog"]
    solution = {
        "name": "Digitaler Postausgang",
        "kind": "joint_operation",
        "services": [OUTBOX],
        "publisher": f"ars:{LEIPZIG}",
    }
    not_followed = {"traceparent": f"00-{NOT_FOLLOWED}-{CALLER}-00"}
    await _call(session, "PUT", f"{catalog}/solutions/postausgang-sachsen", publisher | not_followed, solution)
    followed = {"traceparent": f"00-{FOLLOWED}-{CALLER}-01", "X-Correlation-Id": "journey-1"}
    terms = {"from": "2026-11-01", "terms": {"contract": "Nachnutzungsvereinbarung"}}
    where = f"{catalog}/solutions/postausgang-sachsen/availability/DE-SN"
    await _call(session, "PUT", where, publisher | followed, terms)
    tokens = {one["Authorization"].removeprefix("Bearer ") for one in (publisher, editor)}
    return {*tokens, opened["secret"], SECRET_PATH, receiver.url, "127.0.0.1", "Nachnutzungsvereinbarung"}


async def _a_status_is_followed(place: Place, session: aiohttp.ClientSession) -> set[str]:
    editor = await place.token("editor", LEIPZIG)
    path = f"/municipalities/{LEIPZIG}/services/99115005104000/status"
    body = {"phase": "planned", "effective_on": "2026-11-01", "note": NOTE}
    followed = {"traceparent": f"00-{RECORDED}-{CALLER}-01"}
    await _call(session, "PUT", f"{place.urls['catalog']}{path}", editor | followed, body)
    search = f"{place.urls['catalog']}/services?q=Personalausweisverlust"
    await _call(session, "GET", search, editor | followed)
    return {editor["Authorization"].removeprefix("Bearer "), NOTE, "Personalausweisverlust"}


async def _call(
    session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], body: object = None
) -> Any:
    async with session.request(method, url, headers=headers, json=body) as response:
        assert response.status in (200, 201), await response.text()
        return await response.json(content_type=None)
