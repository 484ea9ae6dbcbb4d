"""Figures are read from a replica of the database: what one waited for is in them, and either of the two may be killed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.mounting import mount, running
from embedded.postgres import Postgres
from events.following import Follower, rebuild
from events.log.connect import connect
from progress import desk
from progress.applying import Progress
from progress.database import engine
from progress.migrating import migrate
from progress.settings import ProgressSettings
from progress.tables import create_tables
from progress.web import create_app
from tests.harness.installation import wait_until
from tests.operating.replicated import Pair, pair
from tests.progress.a_feed import SOURCE, StoryFeed
from tests.progress.saxony import LEIPZIG, LICENCE, MOVING, TODAY, reporting_saxony
from tests.progress.story import Story, live

pytestmark = [pytest.mark.embedded_only, pytest.mark.slow, pytest.mark.timeout(300)]
PATIENCE = 60.0
PREFIX = "/api/progress/v1"


@asynccontextmanager
async def serving(settings: ProgressSettings, story: Story) -> AsyncIterator[AsyncClient]:
    """Progress at noon."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    app = create_app(settings, clock=lambda: noon, feed=StoryFeed(story))
    mounted = mount({PREFIX: app, "": app})
    transport = ASGITransport(mounted)  # type: ignore[arg-type]  # the same, typed twice
    async with running(mounted), AsyncClient(transport=transport, base_url="http://test.local", timeout=60) as client:
        yield client


class Told:
    """Progress that reads from the replica, and a catalog that says one thing after the other."""

    def __init__(self, both: Pair, database: AsyncEngine, client: AsyncClient, story: Story) -> None:
        self.both, self.client = both, client
        self._database, self._story = database, story
        self._applied = 0

    async def say(self, *, maturity: int = 3) -> int:
        """One event more is in the figures of the database; its position."""
        self._story.record(LEIPZIG, MOVING, live(maturity), TODAY)
        return await self.apply()

    async def apply(self) -> int:
        log, self._applied = self._story.log[self._applied :], len(self._story.log)
        async with self._database.begin() as connection:
            await Progress(UTC).apply(connection, log)
            await connection.execute(
                text(
                    "INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x') "
                    "ON CONFLICT (name, source) DO UPDATE SET position = excluded.position"
                ),
                {"p": self._applied},
            )
        return self._applied

    async def rebuild(self) -> None:
        act = Progress(UTC)
        follower = Follower(
            name=act.name,
            source=SOURCE,
            engine=self._database,
            feed=StoryFeed(self._story),
            apply=act.apply,
            clock=lambda: datetime.now(UTC),
            schema="next",
        )
        await rebuild(self._database, followers=[follower], create=create_tables)

    async def overview(self, **query: str) -> Any:
        answer = await self.client.get(f"{PREFIX}/overview", params=query)
        return answer.json() | {"status_code": answer.status_code, "etag": answer.headers.get("etag", "")}

    async def position(self) -> int:
        return int((await self.overview())["position"])

    async def status(self) -> dict[str, Any]:
        answer = await self.client.get("/-/status?format=json")
        return dict(answer.json()["facts"])

    async def conditions(self) -> dict[str, str]:
        return dict((await self.client.get("/-/health")).json()["conditions"])

    async def until(self, replica: str) -> None:
        """It is in use, or away."""
        async with asyncio.timeout(PATIENCE):
            while (await self.status())["replica"] != replica:  # noqa: ASYNC110 - it is looked at from outside
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def shared() -> Iterator[Pair]:
    with pair() as both:
        yield both


@pytest.fixture
async def told(shared: Pair, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Told]:
    """Saxony has reported, and the replica is in use."""
    monkeypatch.setattr(desk, "WAIT_SECONDS", 1.0)
    shared.primary.sql("DROP DATABASE IF EXISTS progress WITH (FORCE)")
    shared.primary.sql("CREATE DATABASE progress")
    await migrate(shared.primary.url("progress"))
    database, story = engine(shared.primary.url("progress")), reporting_saxony()
    settings = ProgressSettings(
        database_url=shared.primary.url("progress"), read_database_url=shared.replica.url("progress")
    )
    async with serving(settings, story) as client:
        made = Told(shared, database, client, story)
        await made.apply()
        wait_until(replayed(shared), PATIENCE)
        await made.until("in use")
        yield made
    await database.dispose()


def replayed(both: Pair) -> Callable[[], bool]:
    """Whether the replica has all that the database has now."""
    written = both.primary.sql("SELECT pg_current_wal_insert_lsn()")
    return lambda: both.replica.sql(f"SELECT pg_last_wal_replay_lsn() >= '{written}'") == "t"


def pause(both: Pair) -> None:
    """It stands still, and answers."""
    both.replica.sql("SELECT pg_wal_replay_pause()")
    wait_until(lambda: both.replica.sql("SELECT pg_get_wal_replay_pause_state()") == "paused")


async def test_figures_come_from_the_replica_and_at_least_waits_for_it(told: Told) -> None:
    before = (await told.overview(at_least=str(await told.say())))["position"]
    pause(told.both)
    after = await told.say(maturity=2)
    assert await told.position() == before < after

    late = await told.overview(at_least=str(after))
    assert (late["status_code"], late["type"]) == (503, "urn:ozg:problem:not-yet-there")
    waiting = asyncio.create_task(told.overview(at_least=str(after)))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    told.both.replica.sql("SELECT pg_wal_replay_resume()")
    answer = await waiting
    assert (answer["status_code"], answer["position"]) == (200, after)
    assert answer["etag"].startswith(f'W/"{after}-')


async def test_who_has_the_answer_of_the_replica_is_told_so_until_it_has_another(told: Told) -> None:
    await told.overview(at_least=str(await told.say()))
    known = (await told.overview())["etag"]
    pause(told.both)
    after = await told.say(maturity=2)
    theirs = {"If-None-Match": known}
    assert (await told.client.get(f"{PREFIX}/overview", headers=theirs)).status_code == 304
    told.both.replica.sql("SELECT pg_wal_replay_resume()")
    await told.overview(at_least=str(after))
    assert (await told.client.get(f"{PREFIX}/overview", headers=theirs)).status_code == 200


async def test_without_the_replica_the_database_answers_until_it_is_back_and_has_everything(told: Told) -> None:
    before = await told.position()
    told.both.replica.kill()
    answers = await asyncio.gather(*(told.overview() for _ in range(20)))
    assert {answer["status_code"] for answer in answers} == {200}
    after = await told.say()
    assert await told.position() == after > before
    assert "the database itself answers" in (await told.conditions())["replica"]
    assert (await told.client.get("/-/ready")).status_code == 200
    metrics = (await told.client.get("/-/metrics")).text
    assert "progress_replica_in_use 0.0" in metrics

    told.both.replica.start()
    await told.until("in use")
    assert await told.position() == after
    assert await told.conditions() == {}


async def test_a_replica_that_hangs_keeps_nobody_waiting(told: Told) -> None:
    """What it was asked and has not answered is asked again elsewhere, as soon as somebody notices."""
    told.both.replica.suspend()
    try:
        answers = await asyncio.gather(*(told.overview() for _ in range(20)))
        assert {answer["status_code"] for answer in answers} == {200}
    finally:
        told.both.replica.resume()
    await told.until("in use")


async def test_while_the_database_is_away_the_replica_answers(told: Told) -> None:
    last = await told.say()
    await told.overview(at_least=str(last))
    told.both.primary.kill()
    assert await told.position() == last
    assert (await told.client.get("/-/ready")).status_code == 200
    told.both.primary.start()
    assert await told.say(maturity=2) == last + 1
    wait_until(replayed(told.both), PATIENCE)
    assert await told.position() == last + 1


async def test_a_killed_database_has_lost_nothing_it_acknowledged_and_the_replica_goes_on_from_there(
    shared: Pair,
) -> None:
    shared.primary.sql("CREATE TABLE kept (number int)")
    connection, acknowledged = await connect(shared.primary.url()), 0

    async def write() -> None:
        nonlocal acknowledged
        while True:
            await connection.execute("INSERT INTO kept VALUES ($1)", acknowledged + 1)
            acknowledged += 1

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.5)
    shared.primary.kill()
    with pytest.raises((OSError, asyncpg.PostgresConnectionError, asyncpg.InternalClientError)):
        await writing
    shared.primary.start()
    kept = int(shared.primary.sql("SELECT count(*) FROM kept"))
    assert 0 < acknowledged <= kept <= acknowledged + 1
    wait_until(replayed(shared), PATIENCE)
    assert shared.replica.sql("SELECT count(*) FROM kept") == str(kept)


async def test_a_database_that_follows_no_other_is_not_read_from(told: Told) -> None:
    settings = ProgressSettings(
        database_url=told.both.primary.url("progress"), read_database_url=told.both.primary.url("progress")
    )
    async with serving(settings, Story()) as client:
        said = (await client.get("/-/health")).json()["conditions"]["replica"]
        assert said == "away, the database itself answers: the database there follows no other one"
        assert (await client.get("/overview")).status_code == 200


async def test_a_rebuild_switches_under_the_eyes_of_readers(told: Told) -> None:
    """Tables are dropped on the replica while they are read from there."""
    answered = 0

    async def ask() -> None:
        nonlocal answered
        while True:
            answer = await told.client.get(f"{PREFIX}/services/{LICENCE.removeprefix('leika:')}")
            assert answer.status_code == 200, answer.text
            answered += 1

    readers = [asyncio.create_task(ask()) for _ in range(3)]
    for _ in range(2):
        await told.rebuild()
    before = answered
    wait_until(replayed(told.both), PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while answered < before + 10 and not any(reader.done() for reader in readers):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
    for reader in readers:
        assert reader.cancel(), reader.exception()
    assert (await told.status())["replica"] == "in use"


def test_nobody_gets_in_without_the_replica_s_password(shared: Pair) -> None:
    pgpass = shared.folder / "replica" / "pgpass"
    password = pgpass.read_text()
    shared.replica.kill()
    pgpass.write_text("*:*:*:replica:guessed\n")
    shared.replica.launch()
    try:
        wait_until(lambda: "password authentication failed" in shared.replica.last_words(), PATIENCE)
    finally:
        shared.replica.stop()
        pgpass.write_text(password)
        shared.replica.start()
    wait_until(replayed(shared), PATIENCE)


def without_its_slot(primary: Postgres) -> bool:
    """A replica that is sent away comes back at once; then it is in use again, and only another try helps."""
    try:
        primary.sql(
            "SELECT pg_terminate_backend(active_pid, 5000), pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
        )
    except RuntimeError:
        return False
    return True


def test_a_dead_replica_fills_no_disk_and_copies_everything_anew() -> None:
    """The slot is given up when more is written than it may keep; a replica that runs ends, one that starts copies."""
    with pair(max_slot_wal_keep_size="16MB", wal_keep_size="0", min_wal_size="32MB", max_wal_size="32MB") as both:
        both.primary.sql("CREATE TABLE much (word text)")
        both.replica.kill()
        for _ in range(4):
            both.primary.sql("INSERT INTO much SELECT repeat(md5(i::text), 20) FROM generate_series(1, 20000) i")
            both.primary.sql("SELECT pg_switch_wal()")
            both.primary.sql("CHECKPOINT")
        status = "SELECT wal_status FROM pg_replication_slots"
        assert both.primary.sql(status) == "lost"
        both.replica.start()
        assert both.primary.sql(status) == "reserved"
        assert both.replica.sql("SELECT count(*) FROM much") == both.primary.sql("SELECT count(*) FROM much")

        wait_until(lambda: without_its_slot(both.primary), PATIENCE)
        wait_until(lambda: both.replica.pid is None, PATIENCE)
        both.replica.start()
        assert both.replica.sql("SELECT count(*) FROM much") == both.primary.sql("SELECT count(*) FROM much")
