"""What the notifier forgets: where somebody listened who listens no more, and how deliveries went that nobody asks about.

The address and the secret of a subscription are gone with its closing. What its deliveries know of the receiver goes a moment
later, because some may be under way; and settled deliveries go when they are old.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.connect import Connection
from notifier.database import transaction

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
AT_A_TIME: Final = 1_000

_LEFT: Final = "SELECT id FROM subscriptions WHERE closed_at IS NOT NULL AND endpoint <> '' ORDER BY id LIMIT $1"
# Deliveries of a closed subscription are few times a receiver's alerts; those under way are left for the next time.
_DISOWN: Final = """
WITH theirs AS MATERIALIZED (
    SELECT id FROM deliveries WHERE subscription_id = $1 AND state <> 'due' AND endpoint <> '' LIMIT $2 FOR UPDATE SKIP LOCKED
), spoken AS (
    UPDATE attempts SET error = NULL, answer = NULL WHERE delivery_id IN (SELECT id FROM theirs)
)
UPDATE deliveries SET endpoint = '' WHERE id IN (SELECT id FROM theirs)
"""
_ERASED: Final = """
UPDATE subscriptions SET endpoint = '' WHERE id = $1
   AND NOT EXISTS (SELECT FROM deliveries WHERE subscription_id = $1 AND endpoint <> '')
"""
_PRUNE: Final = """
WITH old AS MATERIALIZED (
    SELECT id FROM deliveries WHERE settled_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
), attempted AS (
    DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM old)
), gone AS (
    DELETE FROM deliveries WHERE id IN (SELECT id FROM old) RETURNING id
)
SELECT count(*) FROM gone
"""


async def forget(connection: Connection, before: datetime) -> int:
    """One step of both, in the transaction given; how many deliveries from before that day went."""
    for row in await connection.fetch(_LEFT, AT_A_TIME):
        await connection.execute(_DISOWN, row["id"], AT_A_TIME)
        await connection.execute(_ERASED, row["id"])
    gone: int = await connection.fetchval(_PRUNE, before, AT_A_TIME)
    return gone


@contextlib.asynccontextmanager
async def forgetting(engine: AsyncEngine, clock: Callable[[], datetime], kept_days: int) -> AsyncIterator[None]:
    """In the background, every minute and step by step."""
    task = asyncio.create_task(_forget_on(engine, clock, timedelta(days=kept_days)), name="forgetting")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forget_on(engine: AsyncEngine, clock: Callable[[], datetime], kept: timedelta) -> None:
    while True:
        gone = 0
        try:
            async with transaction(engine) as connection:
                gone = await forget(connection, clock() - kept)
        except Exception as error:  # noqa: BLE001  the database is away: what is to be forgotten is forgotten later
            log.warning("forgetting failed", error=repr(error))
        if gone < AT_A_TIME:
            await asyncio.sleep(EVERY_SECONDS)
