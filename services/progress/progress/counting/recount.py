"""Recounting everything from the rows, and saying where the counters differ: promise that every figure can be recomputed."""

from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting import places, reach, reporting, spread
from progress.counting.contributions import contributions
from progress.counting.counters import COUNTER_TABLES, Table
from progress.facts import bitmaps, responsibilities
from progress.tables import prepare


class Difference(NamedTuple):
    """A table and how many of its rows are not what a recount makes."""

    table: str
    rows: int
    example: str | None


_GROUPS = (
    (
        "authority_groups",
        "region, country, levels, peer_group, since, gone_on, authorities, inhabitants",
        """SELECT region, country, levels, peer_group, since, gone_on, count(*), coalesce(sum(inhabitants), 0)
           FROM authorities WHERE since < gone_on GROUP BY 1, 2, 3, 4, 5, 6""",
    ),
    (
        "service_groups",
        "country, family, theme, level, delivered_by, since, withdrawn_on, services",
        """SELECT country, family, theme, level, delivered_by, since, withdrawn_on, count(*)
           FROM services WHERE since < withdrawn_on GROUP BY 1, 2, 3, 4, 5, 6, 7""",
    ),
)
_DERIVED = (
    ("place_levels", "place, country, levels, day, authorities", places.LEVELS),
    ("concerned", "place, theme, day, services", places.CONCERNED),
    ("spread", "service, place, from_on, until, flags", spread.EVERYTHING),
    ("reporters", "authority, from_on, until", reporting.EVERYBODY),
)
_SUMMED = (
    *((table, reach.recount(table), tuple(reach.MEASURES)) for table in ("reach_days", "reach_months")),
    *((table, reporting.recount(table), ("authorities",)) for table in ("reporting_days", "reporting_months")),
)


async def verify(connection: AsyncConnection) -> list[Difference]:
    """Count everything anew, in this transaction only, and compare; an empty list is what one wants."""
    await prepare(connection)
    await connection.execute(text(f"INSERT INTO moves {contributions('recordings')}"))
    found = [await _compare(connection, table) for table in COUNTER_TABLES]
    found += [await _compare_groups(connection, *group) for group in _GROUPS]
    found += [await _compare_groups(connection, *derived) for derived in _DERIVED]
    for table, recount, measures in _SUMMED:
        anything = " OR ".join(f"{name} <> 0" for name in measures)
        kept = f"SELECT * FROM {table} WHERE {anything}"  # noqa: S608 - our own constants
        found.append(await _different(connection, table, kept, recount))
    cells = await responsibilities.recompute(connection, await responsibilities.assigned_services(connection))
    found.append(Difference("overrides", len(cells), str(cells[0]) if cells else None))
    raw: Any = (await connection.get_raw_connection()).driver_connection
    found += [Difference(*different) for different in await bitmaps.different(raw)]
    return [difference for difference in found if difference.rows]


async def _compare(connection: AsyncConnection, table: Table) -> Difference:
    """Rows that sum to nothing may be there or not."""
    names = ", ".join(table.measures)
    anything = " OR ".join(f"{name} <> 0" for name in table.measures)
    return await _different(
        connection,
        table.name,
        f"SELECT {table.key}, {names} FROM {table.name} WHERE {anything}",  # noqa: S608 - our own constants
        table.sums,
    )


async def _compare_groups(connection: AsyncConnection, name: str, columns: str, recount: str) -> Difference:
    return await _different(connection, name, f"SELECT {columns} FROM {name}", recount)  # noqa: S608 - our own constants


async def _different(connection: AsyncConnection, name: str, kept: str, recounted: str) -> Difference:
    query = f"""
        WITH kept AS ({kept}), recounted AS ({recounted}), different AS (
            (TABLE kept EXCEPT TABLE recounted) UNION ALL (TABLE recounted EXCEPT TABLE kept)
        )
        SELECT count(*), min(d::text) FROM different d
    """  # noqa: S608 - our own constants
    count, example = (await connection.execute(text(query))).one()
    return Difference(name, count, example)
