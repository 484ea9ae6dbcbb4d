"""Keeping the counters right while the facts change: take back, change, put in, add up once."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting.contributions import COUNTED, CREATE_MOVES, DIMENSIONS, contributions
from progress.counting.counters import add_moves

_COLUMNS = ", ".join([*DIMENSIONS, *COUNTED])
_TOUCHED = "(SELECT r.* FROM touched JOIN recordings r USING (authority, service))"

WORK = (
    CREATE_MOVES,
    """CREATE TEMP TABLE IF NOT EXISTS touched (authority integer, service integer, PRIMARY KEY (authority, service))
    ON COMMIT DELETE ROWS""",
)


def _moves(source: str, sign: int = 1) -> str:
    return f"INSERT INTO moves ({_COLUMNS}) {contributions(source, sign)}"


_TAKE_BACK = text(_moves(_TOUCHED, -1))
_PUT_IN = text(_moves(_TOUCHED))
_COUNT_FRESH = text(_moves("fresh"))
_TAKE_BACK_NEWLY = text(
    _moves("(SELECT r.* FROM newly_touched JOIN recordings r USING (authority, service))", -1).replace(
        "INSERT INTO moves",
        """WITH newly_touched AS (
            INSERT INTO touched SELECT * FROM unnest(CAST(:authorities AS integer[]), CAST(:services AS integer[]))
            ON CONFLICT DO NOTHING RETURNING authority, service
        ) INSERT INTO moves""",
    )
)
_TOUCH = text("""
    INSERT INTO touched
    SELECT DISTINCT authority, service FROM recordings
    WHERE authority = ANY(:authorities)
    UNION
    SELECT DISTINCT r.authority, r.service
    FROM unnest(CAST(:services AS integer[])) s (id)
    CROSS JOIN authorities a
    JOIN recordings r ON r.authority = a.id AND r.service = s.id
""")


async def take_back(connection: AsyncConnection, authorities: Collection[int], services: Collection[int]) -> None:
    """Before these change: take back all that their recorded cells contributed."""
    if authorities or services:
        await connection.execute(_TOUCH, {"authorities": sorted(authorities), "services": sorted(services)})
        await connection.execute(_TAKE_BACK)


async def take_back_cells(connection: AsyncConnection, cells: Collection[tuple[int, int]]) -> None:
    """Before the overrides of these cells change: take back what they contributed, unless that happened already."""
    if cells:
        authorities, services = zip(*cells, strict=True)
        await connection.execute(_TAKE_BACK_NEWLY, {"authorities": list(authorities), "services": list(services)})


async def put_in(connection: AsyncConnection) -> None:
    """After the change: what the cells taken back contribute now."""
    await connection.execute(_PUT_IN)


async def count_fresh(connection: AsyncConnection) -> None:
    """What the batch's own statuses contribute."""
    await connection.execute(_COUNT_FRESH)


__all__ = ["WORK", "add_moves", "count_fresh", "put_in", "take_back", "take_back_cells"]
