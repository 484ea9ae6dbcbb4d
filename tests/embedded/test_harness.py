"""The servers that all other tests stand on."""

import asyncpg
import nats
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.harness.nats import NatsServer
from tests.harness.postgres import Databases, PostgresServer


async def test_a_database_is_empty_and_can_search_german(database: str) -> None:
    """Trigram search and unaccent are installable; upper and lower case know umlauts."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent")
        assert await connection.fetchval("SELECT unaccent(lower('FÜHRERSCHEIN'))") == "fuhrerschein"
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    finally:
        await connection.close()


async def test_sqlalchemy_understands_the_same_url(database: str) -> None:
    """Only the driver's name is added."""
    engine = create_async_engine(make_url(database).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await engine.dispose()


async def test_prepared_databases_are_prepared_once_and_kept_apart(make_database: Databases) -> None:
    """Each is a copy; what one test writes the other does not see."""
    prepared = 0

    async def prepare(url: str) -> None:
        nonlocal prepared
        prepared += 1
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE towns (name text)")
        await connection.close()

    first, second = [await make_database.prepared("towns", prepare) for _ in range(2)]
    connection = await asyncpg.connect(first)
    await connection.execute("INSERT INTO towns VALUES ('Chemnitz')")
    await connection.close()
    connection = await asyncpg.connect(second)
    assert await connection.fetchval("SELECT count(*) FROM towns") == 0
    await connection.close()
    assert prepared == 1


async def test_a_killed_postgres_keeps_what_it_acknowledged(own_postgres: PostgresServer) -> None:
    """The launcher's code starts it again on the same folder and address."""
    own_postgres.sql("CREATE TABLE towns (name text); INSERT INTO towns VALUES ('Chemnitz')")
    before = own_postgres.url()
    own_postgres.kill()
    own_postgres.start()
    assert own_postgres.url() == before
    assert own_postgres.sql("SELECT name FROM towns") == "Chemnitz"


async def test_a_killed_nats_server_keeps_what_it_acknowledged(own_nats: NatsServer) -> None:
    """With `sync_interval: always` an acknowledged message is on the disk."""
    client = await nats.connect(own_nats.url)
    await client.jetstream().add_stream(name="TOWNS", subjects=["towns"])
    await client.jetstream().publish("towns", b"Chemnitz")
    await client.close()
    own_nats.kill()
    own_nats.start()
    client = await nats.connect(own_nats.url)
    message = await client.jetstream().get_last_msg("TOWNS", "towns")
    assert message.data == b"Chemnitz"
    await client.close()


async def test_the_shared_nats_server_has_jetstream(nats_url: str) -> None:
    """Everything that travels, travels over it."""
    client = await nats.connect(nats_url)
    assert (await client.jetstream().account_info()).streams >= 0
    await client.close()
