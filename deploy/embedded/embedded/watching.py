"""Starts a server again when it ends by itself; the services reconnect on their own."""

import asyncio
import time
from typing import Final

import structlog

from embedded.child import Server, ServerDidNotStart, steps_up

LOOK_EVERY_SECONDS: Final = 0.25
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0
CALM_AFTER_SECONDS: Final = 60.0

log = structlog.get_logger("embedded")


async def bring_up(server: Server) -> None:
    """As `child.bring_up`, without blocking the loop; launched from the loop's own, the main thread."""
    for pause in steps_up(server):
        await asyncio.sleep(pause)


async def keep_alive(server: Server) -> None:
    """For ever; a server that keeps ending is started ever more slowly, at least every ten seconds."""
    pause = FIRST_PAUSE_SECONDS
    since = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if server.pid is not None:
            continue
        if time.monotonic() - since > CALM_AFTER_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        log.warning("server_ended", server=server.name, last_words=server.last_words(), again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        try:
            await bring_up(server)
        except ServerDidNotStart as failure:
            log.exception("server_did_not_start", server=server.name, reason=str(failure))
        else:
            log.info("server_started_again", server=server.name, pid=server.pid)
        since = time.monotonic()
