"""kill -9 of the database and of NATS, in turns, while events are written, relayed and followed."""

import asyncio
import contextlib

import asyncpg

from events.bus.live import Live
from events.bus.relay import Relay
from events.following import Follower
from tests.events import towns
from tests.events.a_log import SOURCE, ALog, make_log
from tests.events.feeds import LogFeed
from tests.events.waiting import until
from tests.harness.nats import NatsServer
from tests.harness.postgres import PostgresServer

WRITTEN = 40


async def write(log: ALog, stop: asyncio.Event) -> None:
    """Batches, one after the other; what fails is tried again, as a client would."""
    while not stop.is_set():
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await log.say(WRITTEN)
        await asyncio.sleep(0.02)


async def test_nothing_is_lost_or_repeated_by_any_outage(own_postgres: PostgresServer, own_nats: NatsServer) -> None:
    """Log, stream and read model agree in the end."""
    for name in ("the_log", "the_towns"):
        own_postgres.sql(f"CREATE DATABASE {name}")
    log = ALog(own_postgres.url("the_log"))
    await make_log(log.url)
    await towns.make_towns(own_postgres.url("the_towns"))
    engine = towns.engine_of(own_postgres.url("the_towns"))
    relay = Relay(log.url, own_nats.url, speaker="catalog", check_seconds=0.3)
    follower = Follower(
        name="towns",
        source=SOURCE,
        engine=engine,
        feed=LogFeed(log),
        live=Live(own_nats.url, "CATALOG"),
        apply=towns.apply,
        clock=towns.clock,
        quiet_seconds=0.2,
    )
    stop = asyncio.Event()

    async def more_than(position: int) -> None:
        await until(lambda: follower.status.position > position, lambda: (follower.status, relay.status, task))

    async with relay.running(), follower.running(), asyncio.TaskGroup() as group:
        task = group.create_task(write(log, stop))
        for server in (own_postgres, own_nats, own_postgres, own_nats):
            await more_than(follower.status.position + 2 * WRITTEN)
            server.kill()
            await asyncio.sleep(0.1)
            server.start()
        stop.set()
        await asyncio.sleep(0)
        head = await log.say(1)
        await until(lambda: follower.status.position >= head, lambda: (follower.status, relay.status, task))
        head = await log.head()
        await until(lambda: follower.status.position == relay.status.stream_position == head, lambda: relay.status)
    documents = await log.documents()
    assert len(documents) == head
    assert await towns.kept(engine) == towns.folded(documents)
    assert follower.status.state == "live"
    await engine.dispose()
