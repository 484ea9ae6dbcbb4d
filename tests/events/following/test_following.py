"""A follower applies every event once and in order, whatever happens on the way."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.bus.feed import Feed
from events.following import Heard, Step, wait_for
from events.following.applying import Applying, Gap, Halted
from events.following.bookmark import Bookmark, look_into
from events.following.heard import page_told, told
from tests.events import towns
from tests.events.a_log import SOURCE, ALog
from tests.events.feeds import LogFeed, served
from tests.events.following.followers import at, follower_of
from tests.events.waiting import until


async def test_a_follower_catches_up_and_goes_on(engine: AsyncEngine, log: ALog) -> None:
    await log.say(120)
    async with follower_of(engine, log, feed=LogFeed(log, most=50)).running() as follower:
        await at(follower, 120)
        await log.say(3)
        await at(follower, 123)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_a_follower_goes_on_where_it_was(engine: AsyncEngine, log: ALog) -> None:
    """It asks for the event at its bookmark once more, to compare, and applies it not again."""
    await log.say(10)
    await follower_of(engine, log).catch_up()
    await log.say(5)
    feed = LogFeed(log)
    assert await follower_of(engine, log, feed=feed).catch_up() == 15
    assert feed.asked == [9]
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_the_feed_over_http(engine: AsyncEngine, log: ALog) -> None:
    """Pages come byte for byte; a refusal is waited out."""
    await log.say(30)
    async with served(log, refuse=[503, 302]) as url:
        async with Feed(url) as feed:
            for _ in range(2):
                with pytest.raises(Exception, match="answered"):
                    await feed.page(0)
            page = await feed.page(10, limit=5)
            assert page == (await log.documents(10, 5), 30)
        async with follower_of(engine, log, feed=Feed(url)).running() as follower:
            await at(follower, 30)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_a_feed_that_is_down_is_waited_for(engine: AsyncEngine, log: ALog) -> None:
    await log.say(10)
    feed = LogFeed(log)
    feed.down = True
    async with follower_of(engine, log, feed=feed).running() as follower:
        await until(lambda: follower.status.state == "waiting", lambda: follower.status)
        assert "the feed is down" in (follower.status.reason or "")
        feed.down = False
        await at(follower, 10)


async def test_a_database_that_ends_sessions_is_waited_for(engine: AsyncEngine, log: ALog) -> None:
    """A lost connection is nobody's fault: nothing is halted, nothing is applied twice."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ends = iter([3, 6])

    async def ending(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        await towns.apply(connection, heard)
        if heard[-1].position in ends:
            killer = await asyncpg.connect(url)
            await killer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            await killer.close()

    await log.say(12)
    async with follower_of(engine, log, feed=LogFeed(log, most=3), apply=ending).running() as follower:
        await at(follower, 12)
    assert await towns.kept(engine) == towns.folded(await log.documents())


async def test_replicas_take_turns(engine: AsyncEngine, log: ALog) -> None:
    async with (
        follower_of(engine, log).running() as first,
        follower_of(engine, log).running() as second,
    ):
        for _ in range(30):
            await log.say(7)
        await at(first, 210)
        await at(second, 210)
    assert await towns.kept(engine) == towns.folded(await log.documents())


# ---- what came in does not simply follow ----------------------------------------------------------------------------


async def test_a_gap_is_not_applied(engine: AsyncEngine, log: ALog) -> None:
    """And what is lower than the bookmark, or came twice, is skipped."""
    await log.say(10)
    applying = Applying(engine, follower_of(engine, log).bookmark, towns.apply)
    documents = await log.documents()
    await applying.take(page_told(documents[:4], 0, SOURCE))
    with pytest.raises(Gap):
        await applying.take(page_told(documents[6:8], 6, SOURCE))
    some = [told(position, documents[position - 1], SOURCE) for position in (2, 3, 4, 5, 5, 6, 8)]
    with pytest.raises(Gap):
        await applying.take(some)
    assert applying.position == 6
    assert await towns.kept(engine) == towns.folded(documents[:6])


async def test_a_replica_that_knows_the_bookmark_by_heart_leaves_out_what_was_skipped(
    engine: AsyncEngine, log: ALog
) -> None:
    """It moves on without looking as long as nothing has changed; an operator's decision is such a change."""
    await log.say(4)
    documents = await log.documents()

    async def refuse_the_third(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        if any(one.position == 3 for one in heard):
            raise KeyError("third")
        await towns.apply(connection, heard)

    bookmark = Bookmark(engine, "towns", SOURCE, "live", towns.clock)
    refusing, willing = (Applying(engine, bookmark, apply) for apply in (refuse_the_third, towns.apply))
    try:
        await willing.look()
        await willing.take(page_told(documents[:1], 0, SOURCE))
        await willing.take(page_told(documents[1:2], 1, SOURCE))
        with pytest.raises(Halted):
            await refusing.take(page_told(documents, 0, SOURCE))
        with pytest.raises(Halted):
            await willing.take(page_told(documents[2:], 2, SOURCE))
        await bookmark.skip(3)
        await willing.take(page_told(documents[2:], 2, SOURCE))
    finally:
        await refusing.rest()
        await willing.rest()
    assert willing.position == 4
    assert await towns.kept(engine) == towns.folded([*documents[:2], documents[3]])


async def test_the_usual_way_takes_one_statement_beside_the_deed(engine: AsyncEngine, log: ALog) -> None:
    said: list[str] = []

    async def nothing(_: AsyncConnection, __: Sequence[Heard]) -> None:
        return

    await log.say(3)
    documents = await log.documents()
    applying = Applying(engine, Bookmark(engine, "towns", SOURCE, "live", towns.clock), nothing)
    await applying.look()
    await applying.take(page_told(documents[:1], 0, SOURCE))
    sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    await applying.take(page_told(documents[1:], 1, SOURCE))
    await applying.rest()
    assert len(said) == 1
    assert (await applying.look()).position == 3


async def test_a_deed_in_the_statement_of_the_bookmark_is_tried_first(engine: AsyncEngine, log: ALog) -> None:
    """Only where the bookmark is known by heart; whoever says no leaves everything to the usual way."""
    asked: list[list[int]] = []

    async def at_once(connection: AsyncConnection, step: Step, heard: Sequence[Heard]) -> bool:
        asked.append([one.position for one in heard])
        if len(heard) > 1:
            return False
        async with connection.begin():
            await look_into(connection, "live")
            moved = await connection.exec_driver_sql(f"{step.update} RETURNING true", step.arguments)
            await towns.apply(connection, heard)
            return moved.first() is not None

    await log.say(6)
    documents = await log.documents()
    applying = Applying(engine, Bookmark(engine, "towns", SOURCE, "live", towns.clock), towns.apply, at_once=at_once)
    await applying.look()
    for start, end in ((0, 2), (1, 3), (3, 5), (5, 6), (5, 6)):
        await applying.take(page_told(documents[start:end], start, SOURCE))
    await applying.rest()

    assert asked == [[3], [4, 5], [6]]
    assert (await applying.look()).position == 6
    assert await towns.kept(engine) == towns.folded(documents)


# ---- waiting for it ---------------------------------------------------------------------------------------------------


async def test_read_your_writes(engine: AsyncEngine, log: ALog) -> None:
    async with follower_of(engine, log).running():
        waiting = asyncio.create_task(wait_for(engine, "towns", 4, 30))
        await log.say(4)
        assert await waiting
    assert not await wait_for(engine, "towns", 5, 0.05)
    assert not await wait_for(engine, "nobody", 1, 0.05)
