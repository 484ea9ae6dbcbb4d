"""Thousands of events at once: all or none, gapless, and nobody waits for them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

import asyncpg
import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import envelope
from events.deciding import Answer, Key, Said
from events.log import read
from events.log.append import AppendQueue, Idempotency, IdempotencyKeyReused, StorageUnavailable
from events.log.bulk import Bulk, BulkAppender, Moved
from events.log.room import LEAST_GAP, Room
from events.turns import Turns
from tests.events.log import toy
from tests.events.log.toy import CONTEXT, Say, Tally
from tests.harness.postgres import Databases

T = TypeVar("T")
MANY = 6 * LEAST_GAP


class Interrupted(Turns):
    """Something happens after the first slice of what is written ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.by: Callable[[], Awaitable[Any]] | None = None

    async def some_of(self, items: Iterator[T]) -> list[T]:
        got = await super().some_of(items)
        by, self.by = self.by, None
        if by is not None:
            await by()
        return got


class CopyingKeeper(toy.TallyKeeper):
    table = "tallies"
    columns = ("id", "version", "last")

    def row(self, identity: str, state: Tally) -> Sequence[Any]:
        return identity, state.version, state.last


@pytest.fixture
async def url(make_database: Databases) -> str:
    """A log that can be written ahead of."""
    return await make_database.prepared("toy-log-ahead", toy.prepare_ahead)


@pytest.fixture
def turns() -> Interrupted:
    return Interrupted()


@pytest.fixture(params=[toy.TallyKeeper, CopyingKeeper])
async def bulk(
    request: pytest.FixtureRequest, url: str, queue: AppendQueue, turns: Interrupted
) -> AsyncIterator[BulkAppender]:
    keepers = [request.param()]
    made = BulkAppender(url, Room(queue), log=toy.LOG, keepers=keepers, clock=toy.now, new_id=toy.new_id, turns=turns)
    yield made
    await made.close()


def many(*, count: int = MANY, known_at: int = 0, depends_on: Sequence[str] = (), twice: Sequence[int] = ()) -> Bulk:
    keys = [Key("tally", f"b{n}") for n in [*range(count), *twice]]
    said = [Said(key, toy.status(key.id, f"text {n}"), "noted" if n % 7 == 0 else None) for n, key in enumerate(keys)]
    return Bulk(said, {}, known_at, depends_on)


def reply(position: int) -> Answer:
    return Answer(outcome="mixed", version=0, position=position, body=msgspec.Raw(b"{}"))


async def log_of(database: AsyncEngine) -> list[envelope.Envelope]:
    async with database.connect() as connection:
        return [envelope.decode(document) for document in await read.page(connection, 0)]


async def check(database: AsyncEngine, events: int) -> None:
    """Gapless, in order, each stream counted through, and the states and notes as the log says."""
    assert [one.position for one in await log_of(database)] == list(range(1, events + 1))
    async with database.connect() as connection:
        streams = await connection.execute(
            sa.text("SELECT stream, array_agg(version ORDER BY position) FROM events GROUP BY 1")
        )
        versions = {row[0]: row[1] for row in streams}
        assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
        tallies = await connection.execute(sa.text("SELECT 'tally/' || id, version FROM tallies"))
        assert {row[0]: row[1] for row in tallies} == {one: len(found) for one, found in versions.items()}
        assert await connection.scalar(sa.text("SELECT position FROM heads")) == events
        assert await connection.scalar(sa.text("SELECT count(*) FROM ahead")) == 0


@pytest.mark.parametrize("count", [1, LEAST_GAP, MANY])
async def test_all_are_kept_in_order(bulk: BulkAppender, database: AsyncEngine, count: int) -> None:
    answer = await bulk.append(many(count=count), CONTEXT, reply)
    assert answer.position == count
    await check(database, count)
    async with database.connect() as connection:
        noted = await connection.execute(
            sa.text(
                "SELECT convert_from(document, 'UTF8') FROM notes JOIN events USING (position) WHERE note = 'noted'"
            )
        )
        texts = [msgspec.json.decode(document)["data"]["state"]["online_url"] for (document,) in noted]
    assert sorted(texts) == sorted(f"text {n}" for n in range(0, count, 7))


async def test_others_append_meanwhile_and_do_not_wait(
    bulk: BulkAppender, queue: AppendQueue, database: AsyncEngine, turns: Interrupted
) -> None:
    await queue.append(Say("before"), CONTEXT)

    async def others() -> None:
        answers = [await queue.append(Say(f"o{n}"), CONTEXT) for n in range(10)]
        assert [answer.position for answer in answers] == list(range(2, 12))
        assert len(await log_of(database)) == 11, "nothing of the bulk is seen before all of it"

    turns.by = others
    assert (await bulk.append(many(known_at=1), CONTEXT, reply)).position == 11 + MANY
    await check(database, 11 + MANY)
    assert (await queue.append(Say("after"), CONTEXT)).position == 12 + MANY


async def test_a_stream_that_is_told_of_twice_stays_in_order(bulk: BulkAppender, database: AsyncEngine) -> None:
    await bulk.append(many(twice=[3, MANY - 1]), CONTEXT, reply)
    await check(database, MANY + 2)


async def test_a_command_on_the_same_key_waits_until_it_is_over(
    bulk: BulkAppender, queue: AppendQueue, database: AsyncEngine, turns: Interrupted
) -> None:
    started: list[asyncio.Task[Answer]] = []

    async def same() -> None:
        started.append(asyncio.create_task(queue.append(Say("b0"), CONTEXT)))
        await queue.append(Say("another"), CONTEXT)

    turns.by = same
    await bulk.append(many(), CONTEXT, reply)
    assert (await started[0]).version == 2
    await check(database, MANY + 2)


@pytest.mark.parametrize("count", [1, MANY])
async def test_nothing_is_kept_if_what_it_was_decided_on_has_moved(
    bulk: BulkAppender, queue: AppendQueue, database: AsyncEngine, turns: Interrupted, count: int
) -> None:
    async def moving() -> None:
        await queue.append(Say("town"), CONTEXT)

    if count == 1:
        await moving()
    else:
        turns.by = moving
    with pytest.raises(Moved):
        await bulk.append(many(count=count, depends_on=["tally/to"]), CONTEXT, reply)
    await check(database, 1)
    assert (await bulk.append(many(known_at=1, depends_on=["tally/to"]), CONTEXT, reply)).position == MANY + 1


async def test_a_key_that_another_process_wrote_to_is_a_conflict(
    bulk: BulkAppender, url: str, database: AsyncEngine
) -> None:
    async with toy.queue(url) as elsewhere:
        await elsewhere.append(Say("b5"), CONTEXT)
        with pytest.raises(Moved):
            await bulk.append(many(), CONTEXT, reply)
    await check(database, 1)


async def test_it_gives_way_to_others_who_need_more_room(
    bulk: BulkAppender, url: str, database: AsyncEngine, turns: Interrupted
) -> None:
    async with toy.queue(url) as elsewhere:
        crowd: list[asyncio.Task[Answer]] = []

        async def crowding() -> None:
            crowd.append(asyncio.create_task(elsewhere.append(Say("crowd", times=2 * LEAST_GAP), CONTEXT)))
            await asyncio.sleep(0.3)

        turns.by = crowding
        with pytest.raises(Moved):
            await bulk.append(many(), CONTEXT, reply)
        assert (await crowd[0]).version == 2 * LEAST_GAP
    await check(database, 2 * LEAST_GAP)


async def test_whoever_is_woken_after_a_commit_hears_of_it_too(url: str) -> None:
    woken: list[int] = []
    async with toy.queue(url, on_append=lambda: woken.append(1)) as queue:
        tools = {"log": toy.LOG, "keepers": [toy.TallyKeeper()], "clock": toy.now, "new_id": toy.new_id}
        made = BulkAppender(url, Room(queue), **tools, turns=Turns())  # type: ignore[arg-type]
        await made.append(many(), CONTEXT, reply)
        await made.append(many(count=0, known_at=MANY), CONTEXT, reply)
        await made.close()
    assert woken == [1], "once, and not for a bulk that says nothing"


async def test_two_at_once_follow_one_another(bulk: BulkAppender, database: AsyncEngine) -> None:
    second = many()._replace(said=[Said(Key("tally", f"c{n}"), toy.status(f"c{n}", "x")) for n in range(MANY)])
    await asyncio.gather(bulk.append(many(), CONTEXT, reply), bulk.append(second, CONTEXT, reply))
    await check(database, 2 * MANY)


async def test_a_repeat_under_the_same_key_gets_the_first_answer(bulk: BulkAppender, database: AsyncEngine) -> None:
    once = Idempotency("editor-1", "sheet-1", b"digest")
    first = await bulk.append(many(), CONTEXT, reply, idempotency=once)
    assert await bulk.append(many(), CONTEXT, reply, idempotency=once) == first
    with pytest.raises(IdempotencyKeyReused):
        await bulk.append(many(), CONTEXT, reply, idempotency=once._replace(digest=b"other"))
    await check(database, MANY)


async def test_nothing_is_left_of_one_that_is_cut_off(
    bulk: BulkAppender, queue: AppendQueue, database: AsyncEngine, turns: Interrupted
) -> None:
    async def cutting() -> None:
        async with database.connect() as connection:
            await connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'COPY%'"
                )
            )

    turns.by = cutting
    with pytest.raises(StorageUnavailable):
        await bulk.append(many(), CONTEXT, reply)
    assert await log_of(database) == []
    await queue.append(Say("b0"), CONTEXT)
    await check(database, 1)


_EVENT = """
INSERT INTO events (position, id, stream, version, type, topic, time, document)
VALUES ($1::bigint, gen_random_uuid(), 's', $1, 't', 't', now(), 'x')
"""


async def test_the_database_commits_no_gap_whatever_a_program_does(url: str) -> None:
    connection = await asyncpg.connect(url)

    async def write(*positions: int, announced: tuple[int, int] | None, head: int | None) -> None:
        async with connection.transaction():
            if announced is not None:
                await connection.execute("INSERT INTO ahead (first, last) VALUES ($1, $2)", *announced)
            for position in positions:
                await connection.execute(_EVENT, position)
            if head is not None:
                await connection.execute("UPDATE heads SET position = $1", head)

    for positions, announced, head in [
        ((5,), None, None),  # not announced
        ((5,), (5, 5), None),  # not closed
        ((5,), (5, 6), 6),  # not all of it written
        ((7,), (5, 6), None),  # beyond what was announced
    ]:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await write(*positions, announced=announced, head=head)
    assert await connection.fetchval("SELECT count(*) FROM events") == 0
    await write(2, 1, announced=(2, 2), head=2)
    assert await connection.fetchval("SELECT position FROM heads") == 2
    await connection.close()
