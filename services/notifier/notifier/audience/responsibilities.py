"""Who delivers a service instead of whoever would by default.

An authority is responsible for a service if it is recorded as delivering it, or if it would by default and nobody else is
recorded as delivering it for its region or for it by name.
"""

from events.contracts.catalog import ResponsibilityAssigned, ResponsibilityEnded
from events.log.connect import Connection

_ASSIGN = """
INSERT INTO responsibilities (service_id, deliverer_id, region, members)
SELECT s.id, a.id, $3, CASE WHEN $4::text[] IS NULL THEN NULL ELSE (
    SELECT coalesce(array_agg(m.id), '{}') FROM authorities m WHERE m.key = ANY($4)
) END
FROM services s, authorities a WHERE s.key = $1 AND a.key = $2
ON CONFLICT (service_id, deliverer_id) DO UPDATE SET region = excluded.region, members = excluded.members
"""
_END = """
DELETE FROM responsibilities USING services s, authorities a
WHERE service_id = s.id AND deliverer_id = a.id AND s.key = $1 AND a.key = $2
"""
_SERVED = """
SELECT id FROM authorities WHERE key = $1 OR $2 IN (region, country) OR key = ANY(coalesce($3::text[], '{}'))
"""


async def assign(connection: Connection, said: ResponsibilityAssigned) -> None:
    """One authority has one recorded responsibility for a service; another replaces it."""
    await connection.execute(_ASSIGN, said.service.key, said.municipality.id, said.serves.region, _members(said))


async def end(connection: Connection, said: ResponsibilityEnded) -> None:
    await connection.execute(_END, said.service.key, said.municipality.id)


async def concerned(connection: Connection, said: ResponsibilityAssigned | ResponsibilityEnded) -> list[int]:
    """The small numbers of those whose responsibility may be another now: who delivers, and those served."""
    rows = await connection.fetch(_SERVED, said.municipality.id, said.serves.region, _members(said))
    return [row["id"] for row in rows]


def _members(said: ResponsibilityAssigned | ResponsibilityEnded) -> list[str] | None:
    return None if said.serves.members is None else [member.id for member in said.serves.members]
