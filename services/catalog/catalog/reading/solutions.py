"""What there is to reuse: for which service, open where, with which words in its name, text, publisher or services."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog.domain.solution import Offered, offered
from catalog.keeping.solutions import state_of

_FIND = sa.text(
    """
    SELECT slug, version, position, owner, withdrawn, solution::text AS solution, availability::text AS availability
    FROM solutions, LATERAL (
        SELECT plain(concat_ws(' ', name, slug, solution ->> 'description', solution -> 'publisher' ->> 'name',
                               jsonb_path_query_array(solution, '$.services[*].title')::text)) AS plain
    ) AS said
    WHERE (withdrawn = :withdrawn)
      AND (CAST(:service AS text) IS NULL OR services @> ARRAY[CAST(:service AS text)])
      AND (CAST(:region AS text) IS NULL OR EXISTS (
          SELECT 1 FROM jsonb_each(availability) AS open(region, terms)
          WHERE (open.region = :region OR starts_with(open.region, :region || '-') OR starts_with(:region, open.region || '-'))
            AND (terms ->> 'until' IS NULL OR CAST(terms ->> 'until' AS date) > :today)))
      AND (SELECT coalesce(bool_and(strpos(said.plain, plain(word)) > 0
              OR length(word) > 4 AND plain(word) <% said.plain), true)
           FROM unnest(CAST(:words AS text[])) AS word)
      AND (CAST(:after_name AS text) IS NULL OR (name, slug) > (:after_name, :after_slug))
    ORDER BY name, slug
    LIMIT :limit
    """
)


async def find(
    engine: AsyncEngine,
    *,
    service: str | None,
    region: str | None,
    words: Sequence[str],
    withdrawn: bool,
    today: date,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Offered]:
    """In the order of their names."""
    after_name, after_slug = after or (None, None)
    asked = {
        "service": service,
        "region": region,
        "words": list(words),
        "withdrawn": withdrawn,
        "today": today,
        "after_name": after_name,
        "after_slug": after_slug,
        "limit": limit,
    }
    async with engine.connect() as connection:
        rows = (await connection.execute(_FIND, asked)).mappings()
        return [offered(state_of(row)) for row in rows]
