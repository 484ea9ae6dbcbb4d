"""What a follower cannot do it leaves undone, halts, says why, and waits for an operator."""

from collections.abc import Sequence

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.following import Heard, NotHaltedThere
from events.following.applying import Halted
from tests.events import towns
from tests.events.a_log import ALog, counted, document
from tests.events.following.followers import at, follower_of, halted


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
