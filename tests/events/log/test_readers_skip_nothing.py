"""Readers who ask for what follows the last position they saw must never miss an event, however many write."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.connect import connect
from events.log.tables import events
from tests.events.log import toy
from tests.events.log.toy import CONTEXT, Say

WRITERS = 8
EACH = 40


class Oracle:
    """Reads what follows the last position it saw, over and over, and remembers everything it was shown."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database
        self.seen: list[int] = []

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(self._read(stop))
        yield
        stop.set()
        await task

    async def skipped(self) -> set[int]:
        async with self._database.connect() as connection:
            return set(await connection.scalars(sa.select(events.c.position))) - set(self.seen)

    async def _read(self, stop: asyncio.Event) -> None:
        last = 0
        async with self._database.connect() as connection:
            while True:
                stopping = stop.is_set()
                query = sa.select(events.c.position).where(events.c.position > last).order_by(events.c.position)
                found = list(await connection.scalars(query))
                await connection.commit()
                self.seen += found
                last = self.seen[-1] if self.seen else 0
                if stopping and not found:
                    return
                await asyncio.sleep(0)


async def test_no_reader_skips_an_event_with_many_writers(url: str, database: AsyncEngine) -> None:
    oracle = Oracle(database)
    async with AsyncExitStack() as stack, oracle.reading():
        queues = [await stack.enter_async_context(toy.queue(url)) for _ in range(WRITERS)]
        await asyncio.gather(*(queue.append(Say(f"s{n}"), CONTEXT) for queue in queues for n in range(EACH)))
    assert await oracle.skipped() == set()
    assert oracle.seen == list(range(1, WRITERS * EACH + 1))


async def test_the_oracle_catches_a_skipped_event_when_the_head_is_not_locked(url: str, database: AsyncEngine) -> None:
    await _remove_the_guard(database)
    oracle = Oracle(database)
    async with oracle.reading():
        await asyncio.gather(*(_write_unguarded(url, seed) for seed in range(WRITERS)))
    assert await oracle.skipped(), "positions from a sequence become visible out of order, and nobody noticed"


async def _remove_the_guard(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.text("DROP TRIGGER in_order ON events"))
        await connection.execute(sa.text("CREATE SEQUENCE unguarded"))


async def _write_unguarded(url: str, seed: int) -> None:
    """What a table with a plain serial column does: take a number, and commit some time later."""
    chance = random.Random(seed)
    connection = await connect(url)
    for n in range(EACH):
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO events SELECT nextval('unguarded'), gen_random_uuid(), $1, $2, 't', 't', now(), ''",
                f"tally/{seed}",
                n + 1,
            )
            await asyncio.sleep(chance.random() * 0.005)
    await connection.close()
