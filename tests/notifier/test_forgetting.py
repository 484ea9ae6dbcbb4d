"""Who listens no more is forgotten, wherever the address stood; and so is, after a time, how deliveries went."""

from datetime import timedelta

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from notifier.audience.raising import Desk
from notifier.channels.deliveries.settling import close
from notifier.database import transaction
from notifier.delivering import Delivering
from notifier.forgetting import forget
from tests.notifier.listening import SECRET, Listening, eventually
from tests.notifier.receiver import Receiver
from tests.notifier.telling import CHEMNITZ, LEIPZIG, OUTBOX, Told, opened, solution
from tests.notifier.times import Clock

POST = solution("postausgang", OUTBOX)


async def places(engine: AsyncEngine, word: str) -> set[str]:
    """The tables in any of whose columns it stands."""
    async with engine.connect() as connection:
        tables = await connection.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        found = set()
        for table in list(tables):
            rows = await connection.scalars(sa.text(f'SELECT to_jsonb(t)::text FROM "{table}" t'))
            if any(word in row or word.encode().hex() in row for row in rows):
                found.add(table)
    return found


async def test_of_a_closed_subscription_no_table_knows_the_address(
    told: Told, listening: Listening, receiver: Receiver, delivering: Delivering, engine: AsyncEngine, desk: Desk
) -> None:
    address, other = URL(receiver.url), Receiver()
    receiver.answers = [web.Response(status=500, text=f"{address.host}:{address.port} is full")]
    async with other:
        gone = await listening(receiver.url, CHEMNITZ)
        await listening(other.url, LEIPZIG)
        await told(opened(POST, "DE-SN"))
        await eventually(lambda: _attempted(listening, 2))
        place = f"{address.host}:{address.port}"
        assert await places(engine, place) == {"subscriptions", "deliveries", "attempts"}
        async with transaction(engine) as connection:
            await close(connection, [str(gone)], desk.clock(), "by-owner")
        assert await places(engine, receiver.url) == set()
        async with transaction(engine) as connection:
            await forget(connection, desk, desk.clock() - timedelta(days=90))
        assert await places(engine, place) == set()
        assert await places(engine, f"{URL(other.url).host}:{URL(other.url).port}") == {"subscriptions", "deliveries"}
        assert await places(engine, SECRET) == {"subscriptions"}
    assert len(await listening.deliveries()) == 2


async def test_settled_deliveries_go_when_they_are_old_and_waiting_ones_stay(
    told: Told,
    listening: Listening,
    receiver: Receiver,
    delivering: Delivering,
    engine: AsyncEngine,
    desk: Desk,
    clock: Clock,
) -> None:
    await listening(receiver.url, LEIPZIG)
    await told(opened(POST, "DE-SN"))
    await eventually(lambda: _states(listening, ["delivered"]))
    receiver.answers = [web.Response(status=500)]
    clock.pass_(days=1)
    await listening(receiver.url, CHEMNITZ)
    await told(opened(solution("zweite", OUTBOX), "DE-SN"))
    await eventually(lambda: _attempted(listening, 2))
    before = len(await listening.deliveries())
    async with transaction(engine) as connection:
        assert await forget(connection, desk, clock() - timedelta(days=1)) == 0
        assert await forget(connection, desk, clock() - timedelta(hours=1)) == 1
    assert len(await listening.deliveries()) == before - 1 >= 1
    assert [one.delivery_id for one in await listening.attempts()] == [
        one.id for one in await listening.deliveries() if one.attempts
    ]


async def _attempted(listening: Listening, times: int) -> bool:
    return len(await listening.attempts()) >= times


async def _states(listening: Listening, states: list[str]) -> bool:
    return await listening.states() == states
