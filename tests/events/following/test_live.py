"""Live events over JetStream: soon, in order, from any position, through every outage; the feed has what is missed."""

from sqlalchemy.ext.asyncio import AsyncEngine

from events.bus.connection import connected
from events.bus.live import Delivery, Inbox, Live
from events.bus.relay import Relay
from events.bus.streams import rebuild
from events.following import Follower
from tests.events import towns
from tests.events.a_log import SOURCE, ALog
from tests.events.feeds import LogFeed
from tests.events.proxy import proxy_to
from tests.events.waiting import until
from tests.harness.nats import NatsServer

NEVER = 3600.0
"""So quiet that only live events can explain what was applied."""


def relay_of(log: ALog, url: str) -> Relay:
    return Relay(log.url, url, speaker="catalog", check_seconds=0.3)


def follower_of(engine: AsyncEngine, log: ALog, live: Live, quiet_seconds: float = NEVER) -> Follower:
    return Follower(
        name="towns",
        source=SOURCE,
        engine=engine,
        feed=LogFeed(log),
        live=live,
        apply=towns.apply,
        clock=towns.clock,
        quiet_seconds=quiet_seconds,
        halted_seconds=0.05,
    )


async def at(follower: Follower, position: int) -> None:
    await until(
        lambda: follower.status.state == "live" and follower.status.position == position, lambda: follower.status
    )


async def relayed(relay: Relay, position: int) -> None:
    await until(lambda: relay.status.stream_position == position, lambda: relay.status)


async def heard(live: Live, after: int, until_position: int) -> list[Delivery]:
    deliveries: list[Delivery] = []
    async with live.listening(after) as inbox:
        while not deliveries or deliveries[-1].position < until_position:
            deliveries += await inbox.take(30)
    return deliveries


async def test_the_inbox_gets_the_logs_bytes_from_any_position(log: ALog, own_nats: NatsServer) -> None:
    await log.say(50)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 50)
        live = Live(own_nats.url, "CATALOG")
        for after in (0, 17, 49):
            deliveries = await heard(live, after, 50)
            assert [one.position for one in deliveries] == list(range(after + 1, 51))
            assert [one.document for one in deliveries] == await log.documents(after)


async def test_a_full_inbox_keeps_nothing_more_and_says_so() -> None:
    inbox = Inbox(limit=2)
    for position in (1, 2, 3, 4):
        inbox.put(Delivery(position, b"{}"))
    assert inbox.overflowed
    assert await inbox.take(1) == []


async def test_live_events_are_applied_as_they_come(engine: AsyncEngine, log: ALog, own_nats: NatsServer) -> None:
    """The feed is not asked again."""
    await log.say(10)
    async with (
        relay_of(log, own_nats.url).running() as relay,
        follower_of(engine, log, Live(own_nats.url, "CATALOG")).running() as follower,
    ):
        await at(follower, 10)
        for _ in range(20):
            await log.say(20)
        await relayed(relay, 410)
        await at(follower, 410)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_a_flood_is_read_from_the_feed(engine: AsyncEngine, log: ALog, own_nats: NatsServer) -> None:
    """The inbox overflows; afterwards live events go on."""
    async with (
        relay_of(log, own_nats.url).running(),
        follower_of(engine, log, Live(own_nats.url, "CATALOG", limit=5)).running() as follower,
    ):
        await at(follower, 0)
        await log.say(3000)
        await at(follower, 3000)
        await log.say(1)
        await at(follower, 3001)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_without_nats_the_feed_suffices(engine: AsyncEngine, log: ALog, own_nats: NatsServer) -> None:
    own_nats.kill()
    async with follower_of(engine, log, Live(own_nats.url, "CATALOG"), quiet_seconds=0.1).running() as follower:
        await log.say(5)
        await at(follower, 5)
        own_nats.start()
        async with relay_of(log, own_nats.url).running():
            await log.say(5)
            await at(follower, 10)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_a_killed_server_and_a_rebuilt_stream_are_survived(
    engine: AsyncEngine, log: ALog, own_nats: NatsServer
) -> None:
    """Live events come again by themselves; nothing is lost or applied twice."""
    async with (
        relay_of(log, own_nats.url).running() as relay,
        follower_of(engine, log, Live(own_nats.url, "CATALOG")).running() as follower,
    ):
        await log.say(100)
        await at(follower, 100)
        own_nats.kill()
        await log.say(100)
        own_nats.start()
        await relayed(relay, 200)
        await at(follower, 200)
        await rebuild(own_nats.url, "catalog")
        await log.say(100)
        await relayed(relay, 300)
        await at(follower, 300)
        await log.say(1)
        await at(follower, 301)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_broken_connections_are_survived(engine: AsyncEngine, log: ALog, own_nats: NatsServer) -> None:
    port = int(own_nats.url.rpartition(":")[2])
    async with (
        proxy_to(port) as proxy,
        relay_of(log, own_nats.url).running(),
        follower_of(engine, log, Live(proxy.url, "CATALOG")).running() as follower,
    ):
        head = 0
        for _ in range(5):
            head = await log.say(200)
            await until(lambda: follower.status.position >= head - 200, lambda: follower.status)  # noqa: B023 - waited for before the next turn
            proxy.cut()
        await at(follower, head)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_another_history_behind_a_rebuilt_stream_halts(
    engine: AsyncEngine, log: ALog, own_nats: NatsServer
) -> None:
    """The restored log has gone on beyond the bookmark: the next live event follows by number, yet is not applied."""
    async with follower_of(engine, log, Live(own_nats.url, "CATALOG")).running() as follower:
        async with relay_of(log, own_nats.url).running():
            await log.say(10)
            await at(follower, 10)
        await log.cut(after=5)
        await log.say(6)
        async with connected(own_nats.url, "operator") as connection:
            await connection.client.jetstream().delete_stream("CATALOG")
        async with relay_of(log, own_nats.url).running():
            await until(lambda: follower.status.state == "halted", lambda: follower.status)
        assert follower.status.position == 10
        assert "another history" in (follower.status.reason or "")
