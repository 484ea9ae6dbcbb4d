"""The audience of what is open: who is responsible for a covered service, has it not online and was not told of it lately.

One statement answers for one opening to a whole country as well as for all that is open to one municipality.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple, cast

import asyncpg

from events.contracts.parts import MunicipalityRef
from events.contracts.words import AuthorityLevel
from events.log.connect import Connection

SILENCE: Final = timedelta(days=180)
"""For so long a municipality is not told again of the same service of the same solution."""

_LACKING = """
WITH covered AS MATERIALIZED (
    SELECT v.slug, v.region, v.members, s.id AS service_id, s.delivered_by
    FROM availabilities v
    JOIN solutions o ON o.slug = v.slug AND NOT o.withdrawn
    JOIN solution_services c ON c.slug = v.slug
    JOIN services s ON s.id = c.service_id AND NOT s.withdrawn
    WHERE (v.until_on IS NULL OR v.until_on > $1)
      AND ($2::text IS NULL OR v.slug = $2)
      AND ($3::text IS NULL OR v.region = $3)
      AND ($4::text[] IS NULL OR s.key = ANY($4))
), lacking AS (
    SELECT c.slug, c.region, c.service_id, a.id AS authority_id,
           (cell.standing = 1 AND cell.solution <> c.slug) IS TRUE AS in_work_elsewhere
    FROM covered c
    CROSS JOIN LATERAL (
        SELECT * FROM authorities WHERE region = c.region AND c.members IS NULL
        UNION ALL
        SELECT * FROM authorities
        WHERE country = c.region AND region <> c.region AND strpos(c.region, '-') = 0 AND c.members IS NULL
        UNION ALL
        SELECT * FROM authorities WHERE id = ANY(c.members)
    ) a
    LEFT JOIN cells cell ON cell.service_id = c.service_id AND cell.authority_id = a.id
    WHERE ($5::int[] IS NULL OR a.id = ANY($5))
      AND (a.ended_on IS NULL OR a.ended_on > $1)
      AND coalesce(cell.standing, 0) < 2
      AND (
          EXISTS (SELECT FROM responsibilities r WHERE r.service_id = c.service_id AND r.deliverer_id = a.id)
          OR a.levels && c.delivered_by AND NOT EXISTS (
              SELECT FROM responsibilities r
              WHERE r.service_id = c.service_id AND (r.region IN (a.region, a.country) OR a.id = ANY(r.members))
          )
      )
      AND NOT EXISTS (
          SELECT FROM cells used
          WHERE used.solution = c.slug AND used.authority_id = a.id AND used.standing IN (1, 2)
      )
      AND (
          SELECT t.told_on FROM told t WHERE t.slug = c.slug AND t.service_id = c.service_id AND t.authority_id = a.id
      ) >= $6 IS NOT TRUE
), chosen AS (
    SELECT slug, authority_id, (array_agg(region ORDER BY length(region) DESC))[1] AS region,
           array_agg(DISTINCT service_id) AS services, bool_and(in_work_elsewhere) AS later
    FROM lacking GROUP BY slug, authority_id
), remembered AS (
    INSERT INTO told (slug, service_id, authority_id, told_on)
    SELECT slug, unnest(services), authority_id, $1 FROM chosen WHERE $7
    ON CONFLICT (slug, service_id, authority_id) DO UPDATE SET told_on = excluded.told_on
)
SELECT c.slug, c.region AS open_in, c.services, c.later, a.id, a.key, a.name, a.levels, a.region
FROM chosen c JOIN authorities a ON a.id = c.authority_id
ORDER BY a.id, c.slug
"""


class Hearer(NamedTuple):
    """One municipality that is to hear of one solution. `later`: in work with another one, so in the digest."""

    authority_id: int
    municipality: MunicipalityRef
    slug: str
    open_in: str
    services: tuple[int, ...]
    later: bool


async def lacking(
    connection: Connection,
    today: date,
    *,
    slug: str | None = None,
    region: str | None = None,
    services: Sequence[str] | None = None,
    only: Sequence[int] | None = None,
    whatever_was_told: bool = False,
) -> list[Hearer]:
    """Those who are to hear, who count as told from now on. None means any.

    `whatever_was_told` asks regardless of silence, and nobody counts as told by it.
    """
    since = date.max if whatever_was_told else today - SILENCE
    rows = await connection.fetch(_LACKING, today, slug, region, services, only, since, not whatever_was_told)
    return [
        Hearer(row["id"], municipality(row), row["slug"], row["open_in"], tuple(row["services"]), row["later"])
        for row in rows
    ]


def municipality(row: asyncpg.Record) -> MunicipalityRef:
    """From a row with `key`, `name`, `levels` and `region`."""
    return MunicipalityRef(
        id=row["key"],
        name=row["name"],
        levels=cast("tuple[AuthorityLevel, ...]", tuple(row["levels"])),
        region=row["region"],
    )
