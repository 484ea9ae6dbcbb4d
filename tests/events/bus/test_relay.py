"""The relay brings the log into the stream: the same bytes, the same numbers, whatever breaks in between."""

import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from nats.js.api import StreamInfo
from nats.js.errors import NotFoundError

from events.bus.connection import ManyAtOnce, connected
from events.bus.relay import Relay
from events.bus.streams import Stream, StreamSettings, rebuild, wanted
from tests.events.a_log import ALog, counted, document, make_log
from tests.events.proxy import proxy_to
from tests.events.waiting import until, until_true
from tests.harness.nats import NatsServer
from tests.harness.postgres import Databases


@pytest.fixture
async def log(make_database: Databases) -> ALog:
    return ALog(await make_database.prepared("a_log", make_log))


@asynccontextmanager
async def client(url: str) -> AsyncIterator[ManyAtOnce]:
    async with connected(url, "test") as connection:
        yield connection.client


async def carried(url: str) -> list[bytes]:
    """All bytes of the stream, by sequence."""
    async with client(url) as nats:
        jetstream = nats.jetstream()
        info = await jetstream.stream_info("CATALOG")
        numbers = range(info.state.first_seq, info.state.last_seq + 1)
        return [(await jetstream.get_msg("CATALOG", number)).data or b"" for number in numbers]


async def info(url: str) -> StreamInfo:
    async with client(url) as nats:
        return await nats.jetstream().stream_info("CATALOG")


async def ends_at(url: str, sequence: int, first: int = 1) -> bool:
    """False while it is being recreated, too."""
    try:
        state = (await info(url)).state
    except NotFoundError:
        return False
    return (state.first_seq, state.last_seq) == (first, sequence)


async def is_empty(url: str) -> bool:
    return (await info(url)).state.messages == 0


def relay_of(log: ALog, url: str) -> Relay:
    return Relay(log.url, url, speaker="catalog", check_seconds=0.3)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give an answer of the server one second, so that three of them are not half a minute."""
    monkeypatch.setattr("events.bus.streams.ANSWER_SECONDS", 1.0)


async def relayed(relay: Relay, position: int) -> None:
    await until(
        lambda: relay.status.state == "relaying" and relay.status.stream_position == position, lambda: relay.status
    )


async def test_the_stream_is_the_log_byte_for_byte(log: ALog, own_nats: NatsServer) -> None:
    """More than one batch; sequence is position; what is said later follows."""
    await log.say(2300)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 2300)
        await log.say(3)
        await relayed(relay, 2303)
    assert relay.status.lag == 0
    assert await carried(own_nats.url) == await log.documents()
    async with client(own_nats.url) as nats:
        message = await nats.jetstream().get_msg("CATALOG", 1)
        assert message.subject == "ozg.catalog.municipality.counted.DE.SN.145110000000"
        assert message.headers is not None
        assert message.headers["Content-Type"] == "application/cloudevents+json"


async def test_a_stream_that_we_create_loses_nothing_by_itself(log: ALog, own_nats: NatsServer) -> None:
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 0)
    config = (await info(own_nats.url)).config
    assert config.deny_delete
    assert config.deny_purge
    assert config.allow_direct
    assert config.allow_atomic
    assert config.subjects == ["ozg.catalog.>"]
    assert config.max_age == 0


async def test_an_operators_settings_stay_and_survive_a_rebuild(log: ALog, own_nats: NatsServer) -> None:
    """Also without atomic batches, one message at a time."""
    async with client(own_nats.url) as nats:
        theirs = wanted("catalog", StreamSettings()).evolve(max_age=3600, allow_atomic=False, description="ours")
        await nats.jetstream().add_stream(theirs)
    await log.say(30)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 30)
        await rebuild(own_nats.url, "catalog")
        await log.say(1)
        await relayed(relay, 31)
    config = (await info(own_nats.url)).config
    assert (config.max_age, bool(config.allow_atomic), config.description) == (3600, False, "ours")
    assert await carried(own_nats.url) == await log.documents()


async def test_a_lost_tail_is_published_again(log: ALog, own_nats: NatsServer) -> None:
    """As when a power cut takes what the server had acknowledged and not yet synced."""
    await log.say(100)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 100)
    early = await carried(own_nats.url)
    async with client(own_nats.url) as nats:
        stream = Stream(nats, "catalog", StreamSettings())
        await stream.recreate()
        await stream.publish([Said(data) for data in early[:60]], 0)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 100)
    assert await carried(own_nats.url) == early


class Said:
    """A message of bytes that were said before."""

    topic = "ozg.catalog.municipality.counted.DE.SN.1"

    def __init__(self, data: bytes) -> None:
        self.document = data


async def test_a_deleted_stream_is_filled_again_while_the_relay_runs(log: ALog, own_nats: NatsServer) -> None:
    await log.say(50)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 50)
        async with client(own_nats.url) as nats:
            await nats.jetstream().delete_stream("CATALOG")
        await log.say(1)
        await relayed(relay, 51)
    assert await carried(own_nats.url) == await log.documents()


async def test_an_idle_relay_notices_that_its_stream_is_gone(log: ALog, own_nats: NatsServer) -> None:
    """Nothing is said meanwhile."""
    await log.say(5)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 5)
        before = (await info(own_nats.url)).created
        await rebuild(own_nats.url, "catalog")
        await until_true(lambda: ends_at(own_nats.url, 5))
    assert (await info(own_nats.url)).created != before


@pytest.mark.usefixtures("impatient")
async def test_the_folder_may_be_deleted_under_the_running_server(log: ALog, own_nats: NatsServer) -> None:
    """The server goes on for a while, cuts a batch, then takes nothing: the stream is recreated and filled."""
    await log.say(1000)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 1000)
        shutil.rmtree(own_nats.store, ignore_errors=True)  # the running server writes in it
        head = 1000
        for _ in range(25):
            head = await log.say(1000)
        await relayed(relay, head)
    assert await carried(own_nats.url) == await log.documents()


async def test_a_killed_server_is_waited_for(log: ALog, own_nats: NatsServer) -> None:
    """Meanwhile the relay says that it waits."""
    await log.say(10)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 10)
        own_nats.kill()
        await log.say(10)
        await until(lambda: relay.status.state == "waiting", lambda: relay.status)
        assert relay.status.reason
        own_nats.start()
        await relayed(relay, 20)
    assert await carried(own_nats.url) == await log.documents()


async def test_an_emptied_stream_is_filled_again(log: ALog, own_nats: NatsServer) -> None:
    """Somebody purged a stream that forgets nothing by itself; its numbers would go on after nothing."""
    async with client(own_nats.url) as nats:
        await nats.jetstream().add_stream(wanted("catalog", StreamSettings()).evolve(deny_purge=False))
        await log.say(20)
        async with relay_of(log, own_nats.url).running() as relay:
            await relayed(relay, 20)
            await nats.jetstream().purge_stream("CATALOG")
            await until_true(lambda: ends_at(own_nats.url, 20, first=1))
    assert await carried(own_nats.url) == await log.documents()


@pytest.mark.usefixtures("impatient")
async def test_broken_connections_neither_lose_nor_repeat(log: ALog, own_nats: NatsServer) -> None:
    """Cut at odd places, in the middle of batches too; the same ones at every run."""
    port = int(own_nats.url.rpartition(":")[2])
    chance = random.Random(2026)
    async with proxy_to(port) as proxy, relay_of(log, proxy.url).running() as relay:
        await relayed(relay, 0)
        head = 0
        for _ in range(12):
            proxy.bytes_until_cut = chance.choice([1, 50, 3000, chance.randrange(600_000)])
            head = await log.say(700)
            await until(lambda: relay.status.stream_position >= head - 1400, lambda: relay.status)  # noqa: B023 - waited for before the next turn
        await relayed(relay, head)
        assert proxy.let_in > 5
    assert await carried(own_nats.url) == await log.documents()


async def test_an_ended_database_session_gives_up_the_office(log: ALog, own_nats: NatsServer) -> None:
    """The lock went with it; the relay is elected again and goes on."""
    await log.say(10)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 10)
        await end_sessions(log)
        await log.say(10)
        await relayed(relay, 20)
    assert await carried(own_nats.url) == await log.documents()


async def end_sessions(log: ALog) -> None:
    connection = await asyncpg.connect(log.url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'catalog-relay'"
    )
    await connection.close()


async def test_only_one_of_two_relays(log: ALog, own_nats: NatsServer) -> None:
    """The other stands by and takes over when the first ends."""
    async with relay_of(log, own_nats.url).running() as first:
        await relayed(first, 0)
        async with relay_of(log, own_nats.url).running() as second:
            await until(lambda: second.status.state == "standby", lambda: second.status)
            await log.say(500)
            await relayed(first, 500)
            assert second.status.state == "standby"
    async with relay_of(log, own_nats.url).running() as third:
        await relayed(third, 500)
    assert await carried(own_nats.url) == await log.documents()


async def test_a_second_publisher_is_fenced_by_the_expected_sequence(
    log: ALog, own_nats: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if both believe that they hold the office, each event is there once."""
    offices = iter(range(1, 1000))
    monkeypatch.setattr("events.bus.relay._office", lambda _: next(offices))
    async with relay_of(log, own_nats.url).running() as first, relay_of(log, own_nats.url).running() as second:
        for _ in range(20):
            head = await log.say(97)
        await relayed(first, head)
        await relayed(second, head)
    assert await carried(own_nats.url) == await log.documents()


async def test_a_log_restored_to_an_earlier_backup_halts_the_relay(log: ALog, own_nats: NatsServer) -> None:
    """The stream is ahead. It stays halted when the log goes on beyond it, until an operator rebuilds the stream."""
    await log.say(20)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 20)
    await log.cut(after=10)
    async with relay_of(log, own_nats.url).running() as relay:
        await until(lambda: relay.status.state == "halted", lambda: relay.status)
        assert "ahead of the log" in (relay.status.reason or "")
        await log.say(15)
        relay.resume()
        await until(lambda: "tells another event" in (relay.status.reason or ""), lambda: relay.status)
        assert (await info(own_nats.url)).state.last_seq == 20
        await rebuild(own_nats.url, "catalog")
        await relayed(relay, 25)
    assert await carried(own_nats.url) == await log.documents()


async def test_another_event_at_the_streams_end_halts_the_relay(log: ALog, own_nats: NatsServer) -> None:
    """Restored and gone on while the relay was away, or somebody else published into the stream."""
    await log.say(3)
    async with client(own_nats.url) as nats:
        stream = Stream(nats, "catalog", StreamSettings())
        await stream.provision()
        await stream.publish([Said(document(1, counted(1)))], 0)
    async with relay_of(log, own_nats.url).running() as relay:
        await until(lambda: relay.status.state == "halted", lambda: relay.status)
    assert (await info(own_nats.url)).state.last_seq == 1


async def test_a_gap_in_the_log_halts_the_relay(log: ALog, own_nats: NatsServer) -> None:
    """It cannot be, so whoever made one is told rather than followed."""
    await log.say(10)
    connection = await asyncpg.connect(log.url)
    await connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
    await connection.execute("DELETE FROM events WHERE position = 5")
    await connection.close()
    async with relay_of(log, own_nats.url).running() as relay:
        await until(lambda: relay.status.state == "halted", lambda: relay.status)
        assert "gap" in (relay.status.reason or "")


async def test_messages_that_were_aged_out_are_not_missed(log: ALog, own_nats: NatsServer) -> None:
    """How long the stream remembers is the operator's choice; its last sequence still tells where it ends."""
    async with client(own_nats.url) as nats:
        await nats.jetstream().add_stream(wanted("catalog", StreamSettings()).evolve(max_age=0.2))
    await log.say(10)
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 10)
        await until_true(lambda: is_empty(own_nats.url))
    async with relay_of(log, own_nats.url).running() as relay:
        await relayed(relay, 10)
        await log.say(1)
        await relayed(relay, 11)
    assert (await info(own_nats.url)).state.last_seq == 11
