"""A quota holds over all processes, is told in every answer, and is no reason to turn anybody away when it cannot be counted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from httpx import ASGITransport, AsyncClient, Response

from edge.counting import Quotas, taking
from edge.limiting import SHARES, Quota
from edge.mounting import mount, running
from edge.testing import Tokens
from events.log.connect import engine
from tests.edge.shelf import shelf_app
from tests.harness.postgres import Databases

BOXES = "/api/boxes"


class Minutes:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.at = 6000.0

    def __call__(self) -> float:
        return self.at


class Store:
    """Counts as the table does, in memory, and how often it was asked."""

    def __init__(self) -> None:
        self.used: Counter[tuple[str, int]] = Counter()
        self.asked = 0
        self.broken = False

    async def take(self, caller: str, minute: int, calls: int) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("no store")
        self.used[caller, minute] += calls
        return self.used[caller, minute]


async def allowed(quota: Quota, calls: int, caller: str = "one") -> int:
    """How many of so many calls, one after another, are let through."""
    return sum([(await quota.ask(caller)).allowed for _ in range(calls)])


@pytest.mark.parametrize("calls", [1, 7, 20, 1000])
async def test_so_many_and_no_more(calls: int) -> None:
    quota = Quota(calls, Store().take, Minutes())
    assert await allowed(quota, calls) == calls
    last = await quota.ask("one")
    assert (last.allowed, last.remaining, last.resets_in) == (False, 0, 60)
    assert await allowed(quota, 1, "another") == 1


async def test_several_processes_share_one_quota() -> None:
    store, minutes = Store(), Minutes()
    quotas = [Quota(1000, store.take, minutes) for _ in range(3)]
    answers = await asyncio.gather(*(allowed(quota, 1000) for quota in quotas))
    assert sum(answers) == 1000


async def test_what_one_process_holds_back_is_a_share_or_two() -> None:
    store, minutes = Store(), Minutes()
    idle, busy = Quota(1000, store.take, minutes), Quota(1000, store.take, minutes)
    await idle.ask("one")
    got = await allowed(busy, 2000)
    assert 1000 - 2 * 1000 // SHARES <= got < 1000


async def test_hardly_a_call_waits_for_the_store_and_those_turned_away_never_do() -> None:
    store = Store()
    quota = Quota(1000, store.take, Minutes())
    await allowed(quota, 1000)
    assert store.asked <= SHARES + 1
    asked = store.asked
    assert await allowed(quota, 1000) == 0
    assert store.asked == asked


async def test_calls_at_the_same_moment_fetch_one_share() -> None:
    store = Store()
    quota = Quota(1000, store.take, Minutes())
    await asyncio.gather(*(quota.ask("one") for _ in range(20)))
    assert store.asked == 1


async def test_the_next_minute_begins_anew() -> None:
    minutes = Minutes()
    quota = Quota(5, Store().take, minutes)
    assert await allowed(quota, 10) == 5
    minutes.at += 45
    assert (await quota.ask("one")).resets_in == 15
    minutes.at += 15
    assert await allowed(quota, 10) == 5


async def test_when_the_store_is_out_of_reach_each_process_counts_alone() -> None:
    store = Store()
    quota = Quota(100, store.take, Minutes())
    await allowed(quota, 10)
    store.broken = True
    assert await allowed(quota, 200) <= 100
    alone = Quota(100, store.take, Minutes())
    assert await allowed(alone, 200) == 100


@asynccontextmanager
async def two_processes(url: str, tokens: Tokens, calls: int, minutes: Minutes) -> AsyncIterator[list[AsyncClient]]:
    """Two apps, each with its own connections, on one database."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            connected = engine(url)
            stack.push_async_callback(connected.dispose)
            app = mount({"/api": shelf_app(tokens, quota=Quotas(Quota(calls, taking(connected), minutes)))})
            await stack.enter_async_context(running(app))
            transport = ASGITransport(app)  # type: ignore[arg-type]  # the same, typed twice
            clients.append(
                await stack.enter_async_context(AsyncClient(transport=transport, base_url="http://test.local"))
            )
        yield clients


async def test_it_holds_across_two_apps_on_one_database(make_database: Databases, tokens: Tokens) -> None:
    minutes = Minutes()
    async with two_processes(make_database(), tokens, 60, minutes) as clients:
        bearer = tokens.bearer("reader")

        async def call(number: int) -> Response:
            return await clients[number % 2].get(BOXES, headers=bearer)

        answers = await asyncio.gather(*map(call, range(80)))
        counted = Counter(answer.status_code for answer in answers)
        # Who gets no more calls may have begun a share: what is left of it, and one that was fetched ahead.
        assert counted.keys() == {200, 429}
        assert 60 - 1 - 60 // SHARES <= counted[200] <= 60
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["ratelimit-policy"] == '"token";q=60;w=60'
        assert refused.headers["ratelimit"] == '"token";r=0;t=60'
        assert refused.headers["retry-after"] == "60"
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "urn:ozg:problem:quota-exceeded"
        assert refused.json()["violated-policies"] == ["token"]
        assert (await clients[0].get(BOXES, headers=tokens.bearer("reader"))).status_code == 200
        assert (await clients[0].get(BOXES)).status_code == 200
        minutes.at += 60
        answer = await clients[1].get(BOXES, headers=bearer)
        assert (answer.status_code, answer.headers["ratelimit"]) == (200, '"token";r=59;t=60')


async def test_a_token_that_does_not_do_is_not_counted(make_database: Databases, tokens: Tokens) -> None:
    async with two_processes(make_database(), tokens, 1, Minutes()) as (client, _):
        for _ in range(3):
            answer = await client.put(f"{BOXES}/a:1", headers={"Authorization": "Bearer x"}, json={"text": "books"})
            assert answer.status_code == 401
            assert "ratelimit" not in answer.headers


async def test_without_a_limit_nothing_is_said_of_one(tokens: Tokens) -> None:
    app = mount({"/api": shelf_app(tokens)})
    transport = ASGITransport(app)  # type: ignore[arg-type]  # the same, typed twice
    async with running(app), AsyncClient(transport=transport, base_url="http://test.local") as client:
        assert "ratelimit" not in (await client.get(BOXES, headers=tokens.bearer())).headers
