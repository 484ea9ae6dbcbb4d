"""How each authority stands to each service now. Only what holds until further notice changes it."""

from collections.abc import Sequence

from events.contracts.catalog import StatusRecorded, StatusRetracted
from events.contracts.parts import Status
from events.log.connect import Connection
from notifier.domain.standing import standing

_SET = """
INSERT INTO cells (service_id, authority_id, standing, solution)
SELECT s.id, a.id, CASE WHEN s.component THEN said.as_component ELSE said.as_service END, said.solution
FROM unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[], $5::text[])
    AS said (service, authority, as_service, as_component, solution)
JOIN services s ON s.key = said.service
JOIN authorities a ON a.key = said.authority
ON CONFLICT (service_id, authority_id) DO UPDATE SET standing = excluded.standing, solution = excluded.solution
"""
_CLEAR = """
DELETE FROM cells USING unnest($1::text[], $2::text[]) AS said (service, authority), services s, authorities a
WHERE s.key = said.service AND a.key = said.authority AND service_id = s.id AND authority_id = a.id
"""


async def learn(connection: Connection, said: Sequence[StatusRecorded | StatusRetracted]) -> None:
    """A back-dated recording that another one follows (`until`) says nothing about now."""
    now = {(one.service.key, one.municipality.id): one.state for one in said if one.until is None}
    held = {cell: state for cell, state in now.items() if state is not None}
    if held:
        await _set(connection, held)
    void = [cell for cell, state in now.items() if state is None]
    if void:
        await connection.execute(_CLEAR, [service for service, _ in void], [authority for _, authority in void])


async def _set(connection: Connection, held: dict[tuple[str, str], Status]) -> None:
    await connection.execute(
        _SET,
        [service for service, _ in held],
        [authority for _, authority in held],
        [standing(status, component=False) for status in held.values()],
        [standing(status, component=True) for status in held.values()],
        [status.solution for status in held.values()],
    )
