"""What is known of authorities: levels, region, parents, and whether they still exist."""

from collections.abc import Sequence
from typing import assert_never

from events.contracts import catalog as c
from events.log.connect import Connection

Said = (
    c.MunicipalityRegistered
    | c.MunicipalityRenamed
    | c.MunicipalityRekeyed
    | c.MunicipalityMoved
    | c.MunicipalityCounted
    | c.MunicipalityMerged
    | c.MunicipalityDissolved
)

_REGISTER = """
INSERT INTO authorities (key, name, levels, region, parents)
SELECT key, name, string_to_array(levels, ' '), region, string_to_array(parents, ' ')
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS said (key, name, levels, region, parents)
ON CONFLICT (key) DO UPDATE
SET name = excluded.name, levels = excluded.levels, region = excluded.region, parents = excluded.parents
"""
_RENAME = "UPDATE authorities SET name = $2, levels = $3, region = $4 WHERE key = $1"
_MOVE = "UPDATE authorities SET parents = $2, region = $3 WHERE key = $1"
_END = "UPDATE authorities SET ended_on = $2, successor = $3 WHERE key = $1"
_REKEY = "UPDATE authorities SET aliases = array_append(array_remove(aliases, $2), $2) WHERE key = $1"
_IDS = "SELECT id FROM authorities WHERE key = ANY($1::text[])"


async def register(connection: Connection, said: Sequence[c.MunicipalityRegistered]) -> list[int]:
    """Their small numbers, in no particular order."""
    latest = {one.municipality.id: one for one in said}
    refs = [one.municipality for one in latest.values()]
    await connection.execute(
        _REGISTER,
        [ref.id for ref in refs],
        [ref.name for ref in refs],
        [" ".join(ref.levels) for ref in refs],
        [ref.region for ref in refs],
        [" ".join(one.parents) for one in latest.values()],
    )
    return await ids(connection, list(latest))


async def ids(connection: Connection, keys: Sequence[str]) -> list[int]:
    """The small numbers of those that are known."""
    return [row["id"] for row in await connection.fetch(_IDS, keys)]


async def learn(connection: Connection, said: Sequence[Said]) -> None:
    """One by one: all but registrations are rare."""
    for one in said:
        await _learn(connection, one)


async def _learn(connection: Connection, said: Said) -> None:
    ref = said.municipality
    match said:
        case c.MunicipalityRegistered():
            await register(connection, [said])
        case c.MunicipalityRekeyed():
            await connection.execute(_REKEY, ref.id, said.key)
        case c.MunicipalityRenamed() | c.MunicipalityCounted():
            await connection.execute(_RENAME, ref.id, ref.name, ref.levels, ref.region)
        case c.MunicipalityMoved():
            await connection.execute(_MOVE, ref.id, said.parents, ref.region)
        case c.MunicipalityMerged():
            await connection.execute(_END, ref.id, said.effective_on, said.successor.id)
        case c.MunicipalityDissolved():
            await connection.execute(_END, ref.id, said.effective_on, None)
        case _:
            assert_never(said)
