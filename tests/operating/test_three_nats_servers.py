"""Streams on three nats-servers: whichever of them is killed, the stream is the log again, and who follows it hears all of it."""

from collections.abc import Iterator

import pytest

from events.bus.connection import connected
from events.bus.relay import Relay
from events.bus.streams import StreamSettings
from tests.events.a_log import ALog, make_log
from tests.events.waiting import until
from tests.harness.nats_cluster import Cluster, cluster
from tests.harness.postgres import Databases

pytestmark = [pytest.mark.embedded_only, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def servers() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


async def carried(url: str, stream: str) -> list[bytes]:
    """All bytes of the stream, in its order."""
    async with connected(url, "test") as connection:
        jetstream = connection.client.jetstream(timeout=10)
        last = (await jetstream.stream_info(stream)).state.last_seq
        return [(await jetstream.get_msg(stream, number)).data or b"" for number in range(1, last + 1)]


async def test_whoever_of_three_is_killed_the_stream_is_the_log(servers: Cluster, make_database: Databases) -> None:
    """Runs of a few messages and batches of many are under way while the stream's leader dies, again and again."""
    log = ALog(await make_database.prepared("a_log", make_log))
    settings = StreamSettings(replicas=3)
    async with Relay(log.url, servers.url, speaker="catalog", settings=settings, check_seconds=0.3).running() as relay:
        await log.say(20)
        await until(lambda: relay.status.stream_position == 20, lambda: relay.status)
        said = 20
        for _ in range(3):
            for count in (5, 1, 300, 12, 700):
                await log.say(count)
                said += count
            leader = await servers.leader("CATALOG")
            leader.kill()
            for count in (7, 400, 3):
                await log.say(count)
                said += count
            await until(lambda: relay.status.stream_position == said, lambda: relay.status)  # noqa: B023 - awaited here
            leader.start()
        async with connected(servers.url, "test") as connection:
            info = await connection.client.jetstream(timeout=10).stream_info("CATALOG")
    assert info.config.num_replicas == 3
    assert await carried(servers.url, "CATALOG") == await log.documents()
