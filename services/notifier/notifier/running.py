"""What of the notifier runs in this process, known to whoever answers for the process: web and worker may run in one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from events.bus.relay import Relay
from events.following import Follower
from notifier.domain.answer import Meaning


class Running:
    """The follower, the relay, and what the delivery worker counts."""

    def __init__(self, follower: Follower, relay: Relay) -> None:
        self.follower = follower
        self.relay = relay
        self.due = 0
        self.attempts: dict[Meaning, int] = {"taken": 0, "gone": 0, "again": 0, "refused": 0}

    def count(self, meaning: Meaning) -> None:
        """One more attempt."""
        self.attempts[meaning] += 1


_running: dict[str, Running] = {}


@asynccontextmanager
async def known(database_url: str, running: Running) -> AsyncIterator[None]:
    """For as long as it runs."""
    _running[database_url] = running
    try:
        yield
    finally:
        del _running[database_url]


def find(database_url: str) -> Running | None:
    """None if another process has it."""
    return _running.get(database_url)


def follower_trouble(database_url: str) -> str | None:
    """What an operator should know."""
    running = find(database_url)
    if running is None or running.follower.status.state not in {"halted", "waiting"}:
        return None
    return f"{running.follower.status.state}: {running.follower.status.reason}"


def relay_trouble(database_url: str) -> str | None:
    """What an operator should know."""
    running = find(database_url)
    if running is None or running.relay.status.state not in {"halted", "waiting"}:
        return None
    return f"{running.relay.status.state}: {running.relay.status.reason}"
