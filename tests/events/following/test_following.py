"""A follower applies every event once and in order, whatever happens on the way; what it cannot do, it says."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.bus.feed import Feed
from events.following import Follower, Heard, NotHaltedThere, Step, wait_for
from events.following.applying import Apply, Applying, Gap, Halted
from events.following.bookmark import Bookmark, look_into
from events.following.heard import page_told, told
from tests.events import towns
from tests.events.a_log import SOURCE, ALog, counted, document
from tests.events.feeds import LogFeed, served
from tests.events.waiting import until


def follower_of(
    engine: AsyncEngine, log: ALog, *, feed: LogFeed | Feed | None = None, apply: Apply = towns.apply
) -> Follower:
    return Follower(
        name="towns",
        source=SOURCE,
        engine=engine,
        feed=feed or LogFeed(log),
        apply=apply,
        clock=towns.clock,
        quiet_seconds=0.05,
        halted_seconds=0.05,
    )


async def at(follower: Follower, position: int) -> None:
    await until(
        lambda: follower.status.state == "live" and follower.status.position == position, lambda: follower.status
    )


async def halted(follower: Follower) -> str:
    await until(lambda: follower.status.state == "halted", lambda: follower.status)
    return follower.status.reason or ""


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


async def test_another_event_at_the_bookmark_halts(engine: AsyncEngine, log: ALog) -> None:
    """The log was restored to an earlier backup and has gone on beyond the bookmark."""
    await log.say(10)
    await follower_of(engine, log).catch_up()
    await log.cut(after=8)
    await log.say(5)
    async with follower_of(engine, log).running() as follower:
        assert "another history" in await halted(follower)
        assert follower.status.position == 10
        await follower.bookmark.resume()
        assert "another history" in await halted(follower)


async def test_a_log_shorter_than_the_bookmark_halts(engine: AsyncEngine, log: ALog) -> None:
    await log.say(10)
    async with follower_of(engine, log).running() as follower:
        await at(follower, 10)
        await log.cut(after=8)
        assert "the log ends at 8" in await halted(follower)


async def test_a_halt_is_for_all_replicas_and_stays(engine: AsyncEngine, log: ALog) -> None:
    await log.say(facts=[counted(13)])
    with pytest.raises(Halted):
        await follower_of(engine, log).catch_up()
    with pytest.raises(Halted, match="unlucky"):
        await follower_of(engine, log).catch_up()


# ---- poison ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [1, 2, 57, 99, 100])
@pytest.mark.parametrize("devil", [13, 666])
async def test_a_poison_event_halts_exactly_there(engine: AsyncEngine, log: ALog, bad: int, devil: int) -> None:
    """Whether the follower's own code (13) or the database (666) refuses it; everything before it is applied."""
    await log.say(facts=[counted(devil if number == bad else 1000 + number) for number in range(1, 101)])
    follower = follower_of(engine, log)
    with pytest.raises(Halted, match=f"event {bad} .*ozg.catalog.municipality-counted.v1"):
        await follower.catch_up()
    assert follower.status.position == bad - 1
    documents = await log.documents()
    assert await towns.kept(engine) == towns.folded(documents[: bad - 1])

    with pytest.raises(NotHaltedThere):
        await follower.bookmark.skip(bad + 1)
    await follower.bookmark.skip(bad)
    assert await follower.catch_up() == 100
    assert await towns.kept(engine) == towns.folded(documents, without=[bad])
    with pytest.raises(NotHaltedThere):
        await follower.bookmark.skip(101)


@pytest.mark.parametrize(
    "broken",
    [
        document(2, counted(2)).replace(b"municipality-counted.v1", b"municipality-counted.v9"),
        document(2, counted(2)).replace(b"municipality-counted.v1", b"weather-changed.v1"),
        document(2, counted(2)).replace(b'"inhabitants":2', b'"inhabitants":"two"'),
        document(3, counted(2)),
        b'{"id":"x"}',
    ],
    ids=["future", "foreign", "malformed", "misplaced", "no event"],
)
async def test_what_is_not_understood_halts_too(engine: AsyncEngine, log: ALog, broken: bytes) -> None:
    """It is never passed over in silence, and an operator can leave it out."""
    await log.say(3)
    connection = await asyncpg.connect(log.url)
    await connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
    await connection.execute("UPDATE events SET document = $1 WHERE position = 2", broken)
    await connection.close()
    async with follower_of(engine, log).running() as follower:
        assert (await halted(follower)).startswith("event 2 ")
        assert follower.status.position == 1
        await follower.bookmark.skip(2, "not ours")
        await at(follower, 3)
    async with engine.connect() as there:
        reason = (await there.execute(sa.text("SELECT reason FROM live.skipped"))).scalar_one()
    assert reason.startswith("not ours; event 2")


async def test_resume_tries_again(engine: AsyncEngine, log: ALog) -> None:
    """After the code, or what it needs, was mended."""
    mended = False

    async def apply(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        if not mended:
            raise KeyError("not yet")
        await towns.apply(connection, heard)

    await log.say(5)
    async with follower_of(engine, log, apply=apply).running() as follower:
        assert (await halted(follower)).startswith("event 1 ")
        mended = True
        await follower.bookmark.resume()
        await at(follower, 5)


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
