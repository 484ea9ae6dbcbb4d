"""A follower that keeps towns, and how far it is."""

from sqlalchemy.ext.asyncio import AsyncEngine

from events.bus.feed import Feed
from events.following import Follower
from events.following.applying import Apply
from tests.events import towns
from tests.events.a_log import SOURCE, ALog
from tests.events.feeds import LogFeed
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
