"""A call is told to a collector as it asks for; where nobody is told nothing is imported, and a collector that is away holds nobody up."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from litestar import get
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs

from edge.correlation import traceparent
from edge.spans import MOST, Tracing
from edge.testing import Tokens
from tests.edge.shelf import shelf_app
from tests.harness.collector import Collector

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
FOLLOWED = f"00-{TRACE}-{CALLER}-01"
NOT_FOLLOWED = f"00-{TRACE}-{CALLER}-00"


class Cause(NamedTuple):
    """Something that happened."""

    traceparent: str | None
    time: datetime


@get("/cause")
async def cause() -> dict[str, str | None]:
    """What is named as the cause of what happens here."""
    return {"traceparent": traceparent()}


@get("/feed", opt={"traced": False})
async def feed() -> dict[str, str | None]:
    """What machines ask every second."""
    return {}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        yield made


def tracing(url: str, share: float = 1.0) -> Tracing:
    return Tracing("shelf", "1.2.3", "test.example", url, share)


async def test_a_call_is_told_by_its_route_and_nothing_else_of_it(tokens: Tokens, collector: Collector) -> None:
    headers = {"traceparent": FOLLOWED, "X-Correlation-Id": "abc", **tokens.bearer("operator")}
    async with AsyncTestClient(app=shelf_app(tokens, tracing=tracing(collector.url))) as client:
        await client.put("/boxes/secret-key?query=secret-value", json={"text": "secret label"}, headers=headers)
    (span,) = collector.spans
    assert span[:5] == ("shelf", "PUT /boxes/{key}", TRACE, span.id, CALLER)
    assert span.attributes == {
        "http.request.method": "PUT",
        "http.route": "/boxes/{key}",
        "http.response.status_code": 200,
        "ozg.correlation_id": "abc",
    }
    (resource,) = collector.resources
    assert (resource["service.name"], resource["service.version"]) == ("shelf", "1.2.3")
    assert resource["service.instance.id"]
    sent = headers["Authorization"].encode()
    assert not any(word in body for body in collector.bodies for word in (b"secret", sent, b"query", b"127.0.0.1"))


async def test_what_a_call_causes_names_it_and_whether_it_is_followed(tokens: Tokens, collector: Collector) -> None:
    app = shelf_app(tokens, tracing=tracing(collector.url, share=0), more=[cause])
    async with AsyncTestClient(app=app) as client:
        followed = (await client.get("/cause", headers={"traceparent": FOLLOWED})).json()["traceparent"]
        silent = (await client.get("/cause", headers={"traceparent": NOT_FOLLOWED})).json()["traceparent"]
        of_nobody = (await client.get("/cause")).json()["traceparent"]
    (span,) = collector.spans
    assert followed == f"00-{TRACE}-{span.id}-01"
    assert silent.startswith(f"00-{TRACE}-")
    assert silent.endswith("-00")
    assert of_nobody.endswith("-00"), "a share of none"


async def test_of_those_without_a_context_as_many_are_told_as_is_set(tokens: Tokens, collector: Collector) -> None:
    app = shelf_app(tokens, tracing=tracing(collector.url, share=1), more=[cause])
    async with AsyncTestClient(app=app) as client:
        seen = (await client.get("/cause")).json()["traceparent"]
    (span,) = collector.spans
    assert seen == f"00-{span.trace}-{span.id}-01"
    assert span.parent == ""


async def test_what_machines_ask_every_second_is_not_told(tokens: Tokens, collector: Collector) -> None:
    async with AsyncTestClient(app=shelf_app(tokens, tracing=tracing(collector.url), more=[feed])) as client:
        for path in ("/-/health", "/-/metrics", "/feed"):
            assert (await client.get(path)).status_code == 200
        await client.get("/no-such-route")
    assert [span.name for span in collector.spans] == ["GET"]


async def test_a_failure_is_told_without_its_text(tokens: Tokens, collector: Collector) -> None:
    async with AsyncTestClient(app=shelf_app(tokens, tracing=tracing(collector.url))) as client:
        answer = await client.put("/boxes/a", json={"text": "crash"}, headers=tokens.bearer("operator"))
    assert answer.status_code == 500
    (span,) = collector.spans
    assert span.failed
    assert span.attributes["error.type"] == "500"
    assert b"whsec" not in collector.bodies[0]


async def test_a_deed_is_told_in_each_trace_that_is_followed_and_young(collector: Collector) -> None:
    now = datetime.now(UTC)
    other = FOLLOWED.replace("4bf9", "5cfa")
    old = Cause(FOLLOWED.replace("4bf9", "6dfb"), now - timedelta(hours=2))
    causes = [Cause(FOLLOWED, now), Cause(FOLLOWED, now), Cause(other, now), Cause(NOT_FOLLOWED, now)]
    causes += [old, Cause(None, now), Cause("00-nonsense", now), Cause(f"00-{'0' * 32}-{CALLER}-01", now)]
    told = tracing(collector.url)
    async with told.kept():
        with told.during("apply", causes, "consumer", events=7) as spans:
            within = spans.within(FOLLOWED)
            assert spans.within(NOT_FOLLOWED) == NOT_FOLLOWED
            assert spans.within(None) is None
        with told.during("nothing", causes) as spans:
            spans.drop()
        with pytest.raises(LookupError), told.during("failing", causes[:1]):
            raise LookupError("secret")
    assert {(span.trace, span.name) for span in collector.spans} == {
        (TRACE, "apply"),
        (other[3:35], "apply"),
        (TRACE, "failing"),
    }
    (failed,) = collector.named("failing")
    assert (failed.failed, failed.attributes) == (True, {"error.type": "LookupError"})
    mine = next(span for span in collector.named("apply") if span.trace == TRACE)
    assert within == f"00-{TRACE}-{mine.id}-01"
    assert mine.attributes == {"ozg.events": 7}
    assert not any(b"secret" in body for body in collector.bodies)


async def test_a_batch_is_told_in_a_bounded_number_of_traces(collector: Collector) -> None:
    now = datetime.now(UTC)
    told = tracing(collector.url)
    async with told.kept():
        with told.during("apply", [Cause(f"00-{number:032x}-{CALLER}-01", now) for number in range(1, 1000)]):
            pass
    assert len(collector.spans) == MOST


async def test_a_collector_that_is_away_is_mentioned_once_and_holds_nobody_up(
    tokens: Tokens, collector: Collector
) -> None:
    collector.status = 404
    with capture_logs() as lines:
        told = tracing(collector.url)
        async with AsyncTestClient(app=shelf_app(tokens, tracing=told)) as client:
            for number in range(1, 4):
                assert (await client.get("/boxes")).status_code == 200
                async with asyncio.timeout(20):
                    while collector.asked < number:  # noqa: ASYNC110 - what another thread does has no event here
                        await asyncio.sleep(0.05)
            collector.status = 200
            await client.get("/boxes")
            async with asyncio.timeout(20):
                while not collector.spans:  # noqa: ASYNC110 - the same
                    await asyncio.sleep(0.05)
    said = [line["event"] for line in lines if "traces" in line["event"]]
    assert said == [
        "traces do not reach the collector; they are lost until it answers",
        "traces reach the collector again",
    ]


def test_where_nobody_is_told_nothing_is_imported() -> None:
    program = """
import sys
from catalog import web as catalog, worker
from notifier import web as notifier, worker
from progress import web as progress, worker
from catalog.settings import CatalogSettings
from notifier.settings import NotifierSettings
from progress.settings import ProgressSettings
catalog.create_app(CatalogSettings()), notifier.create_app(NotifierSettings()), progress.create_app(ProgressSettings())
print({"edge.spans", "opentelemetry.trace", "opentelemetry.sdk", "google.protobuf", "requests"} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "set()\n", done.stdout + done.stderr
