"""Keeping the counters right while the facts change: take back, change, put in, add up once."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.log.connect import Connection
from progress.counting import reporting, spread
from progress.counting.contributions import COUNTED, CREATE_MOVES, DIMENSIONS, contributions
from progress.counting.counters import add_moves
from progress.counting.places import PLACES
from progress.domain.classes import SERVICES

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
_SERVICES_MOVED = f"""
    SELECT service, place, min(day) AS since FROM (
        SELECT m.service, place.key AS place, m.day FROM moves m CROSS JOIN LATERAL ({PLACES.format("m")}) place (key)
        WHERE place.key IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(m.online) <> 0 OR sum(m.excluded) <> 0
    ) d GROUP BY 1, 2
"""  # noqa: S608 - composed of our own constants
_AUTHORITIES_MOVED = f"""
    SELECT authority, min(day) AS since FROM (
        SELECT authority, day FROM moves WHERE family = {SERVICES} GROUP BY 1, 2 HAVING sum(recorded + excluded) <> 0
    ) d GROUP BY 1
"""  # noqa: S608 - composed of our own constants


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


async def renew(connection: Connection, services: Mapping[spread.Key, date], authorities: Mapping[int, date]) -> None:
    """After adding up: how far services reach and who reports, for what moved and for what else is named."""
    moved = {(row["service"], row["place"]): row["since"] for row in await connection.fetch(_SERVICES_MOVED)}
    await spread.renew(connection, moved | dict(services))
    reported = {row["authority"]: row["since"] for row in await connection.fetch(_AUTHORITIES_MOVED)}
    await reporting.renew(connection, reported | dict(authorities))


__all__ = ["WORK", "add_moves", "count_fresh", "put_in", "renew", "take_back", "take_back_cells"]
