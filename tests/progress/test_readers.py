"""The connections that questions are asked on: one snapshot each, replaced when dead, left clean by whoever fails."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from events.log.connect import connect
from progress.readers import Readers

HOW_MANY = "SELECT count(*) FROM followers"


@pytest.fixture
async def readers(progress_url: str) -> AsyncIterator[Readers]:
    readers = Readers(progress_url, size=2)
    yield readers
    await readers.close()


async def test_an_answer_sees_one_snapshot(readers: Readers, progress_url: str) -> None:
    other = await connect(progress_url)
    async with readers.reading() as connection:
        before = await connection.fetchval(HOW_MANY)
        await other.execute("INSERT INTO live.followers (name, source, position, event_id) VALUES ('x', 'x', 1, 'x')")
        assert await connection.fetchval(HOW_MANY) == before
    async with readers.reading() as connection:
        assert await connection.fetchval(HOW_MANY) == before + 1
    await other.close()


async def test_connections_that_died_meanwhile_are_replaced(readers: Readers, progress_url: str) -> None:
    async with readers.reading() as one, readers.reading() as two:
        numbers = [await each.fetchval("SELECT pg_backend_pid()") for each in (one, two)]
    other = await connect(progress_url)
    for number in numbers:
        await other.fetchval("SELECT pg_terminate_backend($1, 5000)", number)
    await other.close()

    async with readers.reading() as connection:
        assert await connection.fetchval(HOW_MANY) == 0


async def test_who_fails_or_goes_away_leaves_a_connection_that_works(readers: Readers) -> None:
    async def ask(query: str) -> None:
        async with readers.reading() as connection:
            await connection.fetchval(query)

    for _ in range(3):
        with pytest.raises(asyncpg.UndefinedTableError):
            await ask("SELECT 1 FROM nothing")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask("SELECT pg_sleep(5)")
    await ask(HOW_MANY)


async def test_nobody_can_write_there(readers: Readers) -> None:
    async with readers.reading() as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM followers")
