"""A toy read model that would show every event lost, repeated or out of order."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.contracts.catalog import MunicipalityCounted
from events.contracts.envelope import decode
from events.contracts.registry import decode as decode_data
from events.following import Heard, create_tables
from events.log.connect import engine as bounded_engine

metadata = sa.MetaData()
towns = sa.Table(
    "towns",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("inhabitants", sa.BigInteger, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
)
Model = dict[str, tuple[int, int]]


class Bad(Exception):
    """What a follower's own mistake looks like."""


async def apply(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
    """Last inhabitants and how often counted, folded in memory, one upsert."""
    last: dict[str, int] = {}
    times: Counter[str] = Counter()
    for event in heard:
        if isinstance(event.data, MunicipalityCounted):
            if event.data.inhabitants == 13:
                raise Bad("unlucky")
            if event.data.inhabitants == 666:
                await connection.execute(sa.text("SELECT 1 / 0"))
            last[event.data.municipality.id] = event.data.inhabitants
            times[event.data.municipality.id] += 1
    if not last:
        return
    new = insert(towns).values([{"id": town, "inhabitants": last[town], "times": times[town]} for town in sorted(last)])
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=["id"],
            set_={"inhabitants": new.excluded.inhabitants, "times": towns.c.times + new.excluded.times},
        )
    )


def folded(documents: Sequence[bytes], without: Sequence[int] = ()) -> Model:
    """What the read model must be after these documents."""
    model: Model = {}
    for document in documents:
        one = decode(document)
        data = decode_data(one)
        if isinstance(data, MunicipalityCounted) and one.position not in without:
            _, times = model.get(data.municipality.id, (0, 0))
            model[data.municipality.id] = (data.inhabitants, times + 1)
    return model


def create(connection: sa.Connection) -> None:
    """The toy's own tables."""
    metadata.create_all(connection, checkfirst=False)


def engine_of(url: str) -> AsyncEngine:
    """As the services make theirs: every wait has a limit."""
    return bounded_engine(url)


async def make_towns(url: str) -> None:
    """What a follower's first migration does."""
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE SCHEMA live")
        await connection.exec_driver_sql("SET LOCAL search_path TO live, public")
        await connection.run_sync(create)
        await connection.run_sync(create_tables)
    await engine.dispose()


async def kept(engine: AsyncEngine, schema: str = "live") -> Model:
    """What the read model is."""
    async with engine.connect() as connection:
        there = await connection.execution_options(schema_translate_map={None: schema})
        return {row.id: (row.inhabitants, row.times) for row in await there.execute(sa.select(towns))}


def clock() -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC)
