"""Making the log: the product's own reference catalogue, then generated statuses with the log's own insert."""

from collections.abc import Callable
from itertools import islice
from typing import Final

from bench.history.saying import listed, statuses
from catalog import reference
from catalog.migrating import migrate
from catalog.settings import CatalogSettings
from edge.correlation import uuid7
from embedded.postgres import Postgres
from events.contracts import envelope, registry
from events.deciding import Key, Recorded
from events.log.connect import Connection, connect
from events.log.write import Context, Log, insert, lock_head, seal

INSTALLATION: Final = "bench.example"
ACTOR: Final = "bench.example/operator/0199a2f4-7c1e-7d5a-9d57-2f6f0f1b6c11"
_AT_ONCE: Final = 5000


async def made(server: Postgres, size: int, say: Callable[[str], None]) -> str:
    """The URL of a catalog whose log has so many events, the reference catalogue's among them."""
    name = f"history_{size}"
    server.create_databases([name])
    url = server.url(name)
    await migrate(url)
    connection = await connect(url)
    try:
        if await _head(connection) == 0:
            await reference.load(CatalogSettings(database_url=url, installation=INSTALLATION))
        if (there := await _head(connection)) < size:
            say(f"making a log of {size} events")
            await _fill(connection, size - there)
    finally:
        await connection.close()
    return url


async def _head(connection: Connection) -> int:
    head: int = await connection.fetchval("SELECT position FROM heads")
    return head


async def _fill(connection: Connection, count: int) -> None:
    """In one transaction: it is there as a whole, or not at all."""
    log, context = Log("catalog", INSTALLATION), Context(ACTOR)
    documents = await connection.fetch("SELECT document FROM events ORDER BY position")
    known = listed(registry.decode(envelope.decode(row["document"])) for row in documents)
    telling = statuses(known, count)
    async with connection.transaction():
        position = await lock_head(connection, log)
        while batch := list(islice(telling, _AT_ONCE)):
            written = [
                seal(
                    log,
                    Recorded(
                        position=number,
                        id=uuid7(),
                        key=Key("status", f"{one.data.municipality.id}/{one.data.service.key}"),
                        version=one.version,
                        time=one.time,
                        data=one.data,
                        actor=ACTOR,
                    ),
                    context,
                )
                for number, one in enumerate(batch, position + 1)
            ]
            await insert(connection, log, written)
            position += len(written)
    await connection.execute("VACUUM ANALYZE")
