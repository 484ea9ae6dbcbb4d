"""All tables of the read models, created in whatever schema is first on the search path: `live`, or `next` for a rebuild."""

from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting import counting, denominators, places, reach, reporting, spread
from progress.counting.counters import COUNTER_TABLES, create
from progress.facts import authorities, bitmaps, recordings, responsibilities, services, solutions, versions

TABLES: Final = (
    *authorities.TABLES,
    *services.TABLES,
    *responsibilities.TABLES,
    *recordings.TABLES,
    *bitmaps.TABLES,
    *versions.TABLES,
    *solutions.TABLES,
    *denominators.TABLES,
    *places.TABLES,
    *(create(table) for table in COUNTER_TABLES),
    *spread.TABLES,
    *reach.TABLES,
    *reporting.TABLES,
)
_WORK: Final = [text(statement) for statement in (responsibilities.WORK, recordings.WORK, *counting.WORK)]
_HAS_WORK: Final = text("SELECT to_regclass('pg_temp.moves') IS NOT NULL")


def create_tables(connection: Connection) -> None:
    """Create every table of the read models."""
    for statement in TABLES:
        connection.exec_driver_sql(statement)


async def prepare(connection: AsyncConnection) -> None:
    """The connection's own working tables, made once and empty at the end of each transaction."""
    if not (await connection.execute(_HAS_WORK)).scalar_one():
        for statement in _WORK:
            await connection.execute(statement)
