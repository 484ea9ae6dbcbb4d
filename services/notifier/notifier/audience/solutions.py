"""What is known of solutions: the services they cover and where they are open."""

from datetime import date

import msgspec

from events.contracts.catalog import SolutionBecameAvailable, SolutionBecameUnavailable, SolutionTermsChanged
from events.contracts.parts import Availability, Solution
from events.log.connect import Connection

_KEEP = """
INSERT INTO solutions (slug, document, withdrawn) VALUES ($1, $2, $3)
ON CONFLICT (slug) DO UPDATE SET document = excluded.document, withdrawn = excluded.withdrawn
"""
_UNCOVER = """
DELETE FROM solution_services USING services s WHERE slug = $1 AND service_id = s.id AND NOT s.key = ANY($2::text[])
"""
_COVER = """
INSERT INTO solution_services (slug, service_id) SELECT $1, id FROM services WHERE key = ANY($2::text[])
ON CONFLICT DO NOTHING
"""
_OPEN = """
INSERT INTO availabilities (slug, region, members, from_on, until_on, document)
VALUES ($1, $2, CASE WHEN $3::text[] IS NULL THEN NULL ELSE (
    SELECT coalesce(array_agg(id), '{}') FROM authorities WHERE key = ANY($3)
) END, $4, $5, $6)
ON CONFLICT (slug, region) DO UPDATE SET
    members = excluded.members, from_on = excluded.from_on, until_on = excluded.until_on, document = excluded.document
"""
_CLOSE_EVERYWHERE = (
    "DELETE FROM availabilities WHERE slug = $1 AND EXISTS (SELECT FROM solutions WHERE slug = $1 AND withdrawn)"
)
_CLOSE = "DELETE FROM availabilities WHERE slug = $1 AND region = $2"
_CLOSE_LATER = "UPDATE availabilities SET until_on = $3 WHERE slug = $1 AND region = $2"
_OPEN_IN = "SELECT region FROM availabilities WHERE slug = $1 ORDER BY region"
_FIND = """
SELECT v.slug, v.region, o.document AS solution, v.document AS availability
FROM availabilities v JOIN solutions o USING (slug)
JOIN unnest($1::text[], $2::text[]) AS asked (slug, region) ON v.slug = asked.slug AND v.region = asked.region
"""

_solution = msgspec.json.Decoder(Solution)
_availability = msgspec.json.Decoder(Availability)


async def keep(connection: Connection, solution: Solution, *, withdrawn: bool = False) -> None:
    """Every solution event carries all facts."""
    keys = [service.key for service in solution.services]
    await connection.execute(_KEEP, solution.slug, msgspec.json.encode(solution), withdrawn)
    await connection.execute(_UNCOVER, solution.slug, keys)
    await connection.execute(_COVER, solution.slug, keys)


async def opened(connection: Connection, said: SolutionBecameAvailable | SolutionTermsChanged) -> None:
    availability = said.availability
    members = None if availability.members is None else [member.id for member in availability.members]
    await connection.execute(
        _OPEN,
        said.solution.slug,
        availability.region,
        members,
        availability.from_,
        availability.until,
        msgspec.json.encode(availability),
    )


async def closed(connection: Connection, said: SolutionBecameUnavailable, today: date) -> None:
    """Closed now, or from a later day on."""
    where = (said.solution.slug, said.availability.region)
    if said.effective_on <= today:
        await connection.execute(_CLOSE, *where)
    else:
        await connection.execute(_CLOSE_LATER, *where, said.effective_on)


async def published_again(connection: Connection, solution: Solution) -> None:
    """Withdrawing closed it everywhere; until it is published again, it is still known where it was open."""
    await connection.execute(_CLOSE_EVERYWHERE, solution.slug)


async def open_in(connection: Connection, slug: str) -> tuple[str, ...]:
    """The regions where it is, or on a known day will be, open."""
    return tuple(row["region"] for row in await connection.fetch(_OPEN_IN, slug))


async def find(
    connection: Connection, places: set[tuple[str, str]]
) -> dict[tuple[str, str], tuple[Solution, Availability]]:
    """The facts of what is open where, by slug and region."""
    asked = sorted(places)
    rows = await connection.fetch(_FIND, [slug for slug, _ in asked], [region for _, region in asked])
    return {
        (row["slug"], row["region"]): (_solution.decode(row["solution"]), _availability.decode(row["availability"]))
        for row in rows
    }
