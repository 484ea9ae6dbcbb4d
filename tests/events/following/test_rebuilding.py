"""A read model is rebuilt beside the running one, while events go on, and takes its place in one transaction."""

import asyncio
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.following import Follower, FollowerStatus, Halted, Heard, RebuildRunning, rebuild
from events.following.applying import Apply
from tests.events import towns
from tests.events.a_log import SOURCE, ALog, counted
from tests.events.feeds import LogFeed
from tests.events.waiting import until


def follower_of(
    engine: AsyncEngine, log: ALog, schema: str = "live", apply: Apply = towns.apply, most: int = 5000
) -> Follower:
    return Follower(
        name="towns",
        source=SOURCE,
        engine=engine,
        feed=LogFeed(log, most),
        apply=apply,
        clock=towns.clock,
        schema=schema,
        quiet_seconds=0.02,
        halted_seconds=0.05,
    )


async def doubled(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
    """Another version of the code, which keeps something else."""
    await towns.apply(connection, heard)
    await connection.execute(sa.text("UPDATE towns SET times = -times WHERE times > 0"))


async def schemas(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        found = await connection.execute(sa.text("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"))
        return set(found.scalars())


async def test_a_rebuild_takes_the_place_of_what_was_wrong(engine: AsyncEngine, log: ALog) -> None:
    """With progress; nothing of the old one is left."""
    await log.say(25)
    await follower_of(engine, log).catch_up()
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE live.towns SET inhabitants = 1"))
    seen: list[FollowerStatus] = []
    await rebuild(
        engine, followers=[follower_of(engine, log, "next", most=10)], create=towns.create, on_progress=seen.append
    )
    assert [status.position for status in seen] == [10, 20, 25]
    assert {status.head for status in seen} == {25}
    assert await towns.kept(engine) == towns.folded(await log.documents())
    assert await schemas(engine) == {"live", "public", "information_schema"}


async def test_a_rebuild_while_events_go_on(engine: AsyncEngine, log: ALog) -> None:
    """The running follower notices the switch and goes on in the new tables; readers always find one."""
    await log.say(300)
    stop = asyncio.Event()
    reads = 0

    async def write() -> None:
        while not stop.is_set():
            await log.say(3)

    async def read() -> None:
        nonlocal reads
        while not stop.is_set():
            model = await towns.kept(engine)
            assert not model or len(model) == 3
            reads += 1

    async with follower_of(engine, log).running() as running, asyncio.TaskGroup() as group:
        group.create_task(write())
        group.create_task(read())
        for _ in range(5):
            await rebuild(engine, followers=[follower_of(engine, log, "next", most=50)], create=towns.create)
        stop.set()
        head = await log.say(1)
        await until(lambda: running.status.position >= head, lambda: running.status)
        head = await log.head()
        await until(lambda: running.status.position == head, lambda: running.status)
    assert reads
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_an_event_left_out_stays_left_out(engine: AsyncEngine, log: ALog) -> None:
    await log.say(facts=[counted(1), counted(13), counted(2)])
    follower = follower_of(engine, log)
    with pytest.raises(Halted):
        await follower.catch_up()
    await follower.bookmark.skip(2)
    await follower.catch_up()
    await rebuild(engine, followers=[follower_of(engine, log, "next")], create=towns.create)
    assert await towns.kept(engine) == towns.folded(await log.documents(), without=[2])


async def test_a_rebuild_that_cannot_finish_changes_nothing(engine: AsyncEngine, log: ALog) -> None:
    await log.say(facts=[counted(1), counted(13), counted(2)])
    follower = follower_of(engine, log)
    with pytest.raises(Halted):
        await follower.catch_up()
    before = await towns.kept(engine)
    with pytest.raises(Halted, match="event 2 "):
        await rebuild(engine, followers=[follower_of(engine, log, "next")], create=towns.create)
    assert await towns.kept(engine) == before


async def test_a_rebuild_with_mended_code_ends_a_halt(engine: AsyncEngine, log: ALog) -> None:
    """The running follower goes on by itself, because the new tables know of no halt."""

    async def mended(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        await towns.apply(connection, [event for event in heard if getattr(event.data, "inhabitants", 0) != 13])

    await log.say(facts=[counted(1), counted(13), counted(2)])
    async with follower_of(engine, log).running() as running:
        await until(lambda: running.status.state == "halted", lambda: running.status)
        await rebuild(engine, followers=[follower_of(engine, log, "next", mended)], create=towns.create)
        await log.say(1)
        await until(lambda: running.status.position == 4, lambda: running.status)


async def test_only_one_rebuild_at_a_time(engine: AsyncEngine, log: ALog) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slowly(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        begun.set()
        await go.wait()
        await doubled(connection, heard)

    await log.say(2)
    first = asyncio.create_task(
        rebuild(engine, followers=[follower_of(engine, log, "next", slowly)], create=towns.create)
    )
    await begun.wait()
    with pytest.raises(RebuildRunning):
        await rebuild(engine, followers=[follower_of(engine, log, "next")], create=towns.create)
    go.set()
    await first
    assert {times for _, times in (await towns.kept(engine)).values()} == {-1}
