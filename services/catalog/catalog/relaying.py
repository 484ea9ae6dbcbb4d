"""The relay of this process, known to whoever answers for the process: web and worker may run in one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from events.bus.relay import Relay, RelayStatus
from events.bus.streams import StreamSettings
from events.tracing import Tracer

_running: dict[str, Relay] = {}


@asynccontextmanager
async def relaying(
    database_url: str, nats_url: str, stream: StreamSettings, tracer: Tracer | None = None
) -> AsyncIterator[Relay]:
    """Relay in the background; an advisory lock elects one of all processes that try."""
    relay = Relay(database_url, nats_url, speaker="catalog", settings=stream, tracer=tracer)
    async with relay.running():
        _running[database_url] = relay
        try:
            yield relay
        finally:
            del _running[database_url]


def wake(database_url: str) -> None:
    """Something was kept: if the relay runs in this process, it need not wait for the database to announce it."""
    relay = _running.get(database_url)
    if relay is not None:
        relay.wake()


def status(database_url: str) -> RelayStatus | None:
    """How the relay of this process goes; None if another process has it."""
    relay = _running.get(database_url)
    return relay.status if relay is not None else None


def trouble(database_url: str) -> str | None:
    """What an operator should know: it has halted, or it cannot reach something."""
    seen = status(database_url)
    if seen is None or seen.state not in {"halted", "waiting"}:
        return None
    return f"{seen.state}: {seen.reason}"
