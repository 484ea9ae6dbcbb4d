"""The follower of this process, known to whoever answers for the process: web and worker may run in one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from events.following import Follower, FollowerStatus

_running: dict[str, Follower] = {}


@asynccontextmanager
async def known(database_url: str, follower: Follower) -> AsyncIterator[None]:
    """For as long as it runs."""
    _running[database_url] = follower
    try:
        yield
    finally:
        del _running[database_url]


def status(database_url: str) -> FollowerStatus | None:
    """How far it is; None if another process has it."""
    follower = _running.get(database_url)
    return None if follower is None else follower.status


def trouble(database_url: str) -> str | None:
    """What an operator should know."""
    seen = status(database_url)
    return f"{seen.state}: {seen.reason}" if seen is not None and seen.state in {"halted", "waiting"} else None
