"""What the notifier forgets: where somebody listened who listens no more or never agreed, and how deliveries went that nobody asks about.

The address and the secret of a subscription are gone with its closing. What its deliveries know of the receiver goes a moment
later, because some may be under way; and settled deliveries go when they are old.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.connect import Connection
from notifier.audience.raising import Desk
from notifier.channels.email import confirming
from notifier.database import transaction

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
AT_A_TIME: Final = 1_000

# Those under way are left for the next time.
_DISOWN: Final = """
WITH theirs AS MATERIALIZED (
    SELECT d.id FROM subscriptions s JOIN deliveries d ON d.subscription_id = s.id
    WHERE s.closed_at IS NOT NULL AND s.endpoint <> '' AND d.state <> 'due' AND d.endpoint <> ''
    LIMIT $1 FOR UPDATE OF d SKIP LOCKED
), spoken AS (
    UPDATE attempts SET error = NULL, answer = NULL WHERE delivery_id IN (SELECT id FROM theirs)
)
UPDATE deliveries SET endpoint = '' WHERE id IN (SELECT id FROM theirs)
"""
_ERASED: Final = """
UPDATE subscriptions s SET endpoint = '' WHERE closed_at IS NOT NULL AND endpoint <> ''
   AND NOT EXISTS (SELECT FROM deliveries WHERE subscription_id = s.id AND endpoint <> '')
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


_ASKED = "DELETE FROM confirmations WHERE asked_at < $1"


async def forget(connection: Connection, desk: Desk, before: datetime) -> int:
    """One step of all, in the transaction given; how many deliveries from before that day went."""
    await confirming.give_up_asking(connection, desk)
    await connection.execute(_ASKED, desk.clock() - confirming.DAY)
    await connection.execute(_DISOWN, AT_A_TIME)
    await connection.execute(_ERASED)
    gone: int = await connection.fetchval(_PRUNE, before, AT_A_TIME)
    return gone


@contextlib.asynccontextmanager
async def forgetting(engine: AsyncEngine, desk: Desk, kept_days: int) -> AsyncIterator[None]:
    """In the background, every minute and step by step."""
    task = asyncio.create_task(_forget_on(engine, desk, timedelta(days=kept_days)), name="forgetting")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forget_on(engine: AsyncEngine, desk: Desk, kept: timedelta) -> None:
    while True:
        gone = 0
        try:
            async with transaction(engine) as connection:
                gone = await forget(connection, desk, desk.clock() - kept)
        except Exception as error:  # noqa: BLE001  the database is away: what is to be forgotten is forgotten later
            log.warning("forgetting failed", error=repr(error))
        if gone < AT_A_TIME:
            await asyncio.sleep(EVERY_SECONDS)
