"""The audience of what changes or ends: who uses a solution, and for which services."""

from datetime import date
from typing import NamedTuple

from events.contracts.parts import MunicipalityRef
from events.log.connect import Connection
from notifier.audience.lacking import municipality

_USING = """
SELECT a.id, a.key, a.name, a.levels, a.region, array_agg(cell.service_id) AS services
FROM cells cell JOIN authorities a ON a.id = cell.authority_id
WHERE cell.solution = $1 AND cell.standing IN (1, 2)
  AND ($2::text IS NULL OR $2 IN (a.region, a.country))
  AND (a.ended_on IS NULL OR a.ended_on > $3)
GROUP BY a.id
ORDER BY a.id
"""


class User(NamedTuple):
    """One municipality that uses the solution for these services."""

    authority_id: int
    municipality: MunicipalityRef
    services: tuple[int, ...]


async def using(connection: Connection, slug: str, region: str | None, today: date) -> list[User]:
    """All who use it, or those of one region."""
    rows = await connection.fetch(_USING, slug, region, today)
    return [User(row["id"], municipality(row), tuple(row["services"])) for row in rows]
