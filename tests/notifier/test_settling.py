"""Writing down what came of deliveries costs the same for each, whatever the database believes about how many are due."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.channels.deliveries import settling
from notifier.database import transaction
from notifier.delivering import SETTINGS
from tests.notifier.listening import Listening
from tests.notifier.telling import CHEMNITZ, Told
from tests.notifier.times import Clock

_MANY = """
INSERT INTO deliveries (id, subscription_id, endpoint, webhook_id, alerts, state, due_at, claim, created_at, settled_at)
SELECT uuidv7(), :subscription, 'e', 'w', '{1}', :state, now(), 1, now(), CASE WHEN :state = 'delivered' THEN now() END
FROM generate_series(1, 3000)
"""


async def test_each_delivery_is_looked_up_though_statistics_know_only_settled_ones(
    engine: AsyncEngine, told: Told, listening: Listening, clock: Clock
) -> None:
    subscription = await listening("https://hooks.example.org/", CHEMNITZ)
    for state in ("delivered", "due"):
        async with engine.begin() as connection:
            await connection.execute(sa.text(_MANY), {"subscription": subscription, "state": state})
            if state == "delivered":
                await connection.execute(sa.text("ANALYZE deliveries"))
    due = [row.id for row in await listening.deliveries() if row.state == "due"][:400]
    plan = await _plan(engine, due, clock)
    assert "Rows Removed by" not in plan
    assert f"Tid Scan on deliveries d (actual rows=1.00 loops={len(due)})" in plan


async def _plan(engine: AsyncEngine, ids: list[UUID], clock: Clock) -> str:
    """What was done for each, as the delivery worker's connections do it."""
    number, now = len(ids), clock()
    same = [["delivered"], [1], [None], now, [now], [5], [204], [None], [""]]
    columns = [one * number if isinstance(one, list) else one for one in same]
    async with transaction(engine) as connection:
        for name, value in SETTINGS.items():
            await connection.execute(f"SET LOCAL {name} = {value}")
        explained = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {settling._SETTLE}"
        return "\n".join(row[0] for row in await connection.fetch(explained, ids, [1] * number, *columns))
