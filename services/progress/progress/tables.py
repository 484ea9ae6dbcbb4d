"""All tables of the read models, created in whatever schema is first on the search path: `live`, or `next` for a rebuild."""

from typing import Final

from sqlalchemy import Connection

from progress.counting import counting, denominators
from progress.counting.counters import COUNTER_TABLES, create
from progress.facts import authorities, recordings, responsibilities, services, solutions

TABLES: Final = (
    *authorities.TABLES,
    *services.TABLES,
    *responsibilities.TABLES,
    *recordings.TABLES,
    *solutions.TABLES,
    *denominators.TABLES,
    *(create(table) for table in COUNTER_TABLES),
)
WORK: Final = (responsibilities.WORK, recordings.WORK, *counting.WORK)
"""The connection's own working tables, empty at the end of each transaction."""


def create_tables(connection: Connection) -> None:
    """Create every table of the read models."""
    for statement in TABLES:
        connection.exec_driver_sql(statement)
