"""Without a token it is the address that may call so often; nobody keeps it, and our own calls are not counted."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar.types import HTTPScope
from sqlalchemy import text
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from edge.addresses import Addresses
from edge.counting import Quotas, keys, taking
from edge.limiting import Quota
from edge.mounting import mount, running
from edge.testing import Tokens
from events.log.connect import engine
from tests.edge.shelf import shelf_app
from tests.edge.test_limiting import BOXES, Minutes, Store
from tests.harness.postgres import Databases

CALLS = 4
PROXY = "10.0.0.1"


def scope(peer: str, **headers: str) -> HTTPScope:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "client": (peer, 4711), "headers": pairs}  # type: ignore[typeddict-item]


class Keys:
    """One a minute, and how often they were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.broken = False

    async def __call__(self, minute: int) -> bytes:
        self.asked.append(minute)
        if self.broken:
            raise OSError("no store")
        return minute.to_bytes(16)


def addresses(store: Store, keys: Keys, minutes: Minutes, *trusted: str) -> Addresses:
    return Addresses(Quota(CALLS, store.take, minutes, policy="address"), keys, minutes, trusted)


async def allowed(asked: Addresses, *peers: str) -> list[bool]:
    allowances = [await asked.ask(scope(peer)) for peer in peers]
    return [allowance is not None and allowance.allowed for allowance in allowances]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
async def test_a_household_is_one(one: str, other: str, same: bool) -> None:
    asked = addresses(Store(), Keys(), Minutes())
    assert all(await allowed(asked, *[one] * CALLS))
    assert await allowed(asked, other) == [not same]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", PROXY, "10.1.2.3"])
async def test_our_own_calls_are_not_counted(peer: str) -> None:
    asked = addresses(Store(), Keys(), Minutes(), PROXY, "10.1.0.0/16", "a-name")
    assert await asked.ask(scope(peer)) is None
    assert await asked.ask(scope(peer, x_forwarded_for="203.0.113.7")) is not None


async def test_where_every_proxy_is_trusted_only_those_it_speaks_for_are_counted() -> None:
    asked = addresses(Store(), Keys(), Minutes(), "*")
    assert await asked.ask(scope("203.0.113.7")) is None
    assert await asked.ask(scope("203.0.113.7", x_forwarded_for="203.0.113.7")) is not None


async def test_what_is_counted_is_another_hash_every_minute() -> None:
    store, given, minutes = Store(), Keys(), Minutes()
    asked = addresses(store, given, minutes)
    for _ in range(2):
        await allowed(asked, *["203.0.113.7"] * CALLS)
        minutes.at += 60
    names = {name for name, _ in store.used}
    assert len(names) == 2
    assert not any("203.0.113.7" in name or b"203.0.113.7".hex() in name for name in names)
    assert given.asked == [100, 101], "once a minute"


async def test_without_the_common_key_each_process_counts_alone() -> None:
    store, given = Store(), Keys()
    given.broken = True
    for asked in (addresses(store, given, Minutes()), addresses(store, given, Minutes())):
        assert await allowed(asked, *["203.0.113.7"] * (CALLS + 1)) == [True] * CALLS + [False]


@asynccontextmanager
async def two_processes(url: str, tokens: Tokens, peers: Sequence[str]) -> AsyncIterator[list[AsyncClient]]:
    """Two apps behind a proxy, on one database; each is called by one peer."""
    minutes = Minutes()
    async with AsyncExitStack() as stack:
        clients = []
        for peer in peers:
            connected = engine(url)
            stack.push_async_callback(connected.dispose)
            quota = Quota(CALLS, taking(connected), minutes, policy="address")
            quotas = Quotas(None, Addresses(quota, keys(connected), minutes, [PROXY]))
            app = mount({"/api": shelf_app(tokens, quota=quotas)})
            await stack.enter_async_context(running(app))
            proxied = ProxyHeadersMiddleware(app, trusted_hosts=[PROXY])  # type: ignore[arg-type]  # typed thrice
            transport = ASGITransport(proxied, client=(peer, 4711))  # type: ignore[arg-type]
            clients.append(
                await stack.enter_async_context(AsyncClient(transport=transport, base_url="http://test.local"))
            )
        yield clients


async def test_it_holds_across_two_apps_and_only_a_trusted_proxy_says_who_calls(
    make_database: Databases, tokens: Tokens
) -> None:
    url = make_database()
    async with two_processes(url, tokens, [PROXY, "203.0.113.7"]) as (proxied, direct):

        async def call(client: AsyncClient, **headers: str) -> Response:
            return await client.get(BOXES, headers={name.replace("_", "-"): value for name, value in headers.items()})

        forwarded = {"x_forwarded_for": "203.0.113.7"}
        answers = [await call(proxied, **forwarded), *[await call(direct, x_forwarded_for=f"8.8.8.{n}") for n in "12"]]
        answers += [await call(proxied, **forwarded, authorization="Bearer x") for _ in range(CALLS)]
        assert Counter(answer.status_code for answer in answers) == {200: CALLS, 429: len(answers) - CALLS}
        refused = answers[-1]
        assert refused.headers["ratelimit-policy"] == f'"address";q={CALLS};w=60'
        assert refused.headers["ratelimit"] == '"address";r=0;t=60'
        assert refused.json()["violated-policies"] == ["address"]
        assert (await call(proxied, x_forwarded_for="203.0.113.9")).status_code == 200
        assert "ratelimit" not in (await direct.get(BOXES, headers=tokens.bearer("reader"))).headers
        assert "ratelimit" not in (await call(proxied)).headers, "the proxy itself, to see whether all is well"
        connected = engine(url)
        async with connected.connect() as connection:
            kept = (await connection.execute(text("SELECT caller, minute FROM quotas"))).all()
        await connected.dispose()
    assert len(kept) == 2
    assert not any("203.0.113" in caller for caller, _ in kept)
