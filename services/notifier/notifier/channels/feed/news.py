"""Which news of solutions a public feed shows."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from events.log.connect import Connection
from notifier.domain.wanting import within

_NEWS = """
SELECT id, position, event, time, slug, services, themes, regions, told, title_de, title_en, link, demonstration
FROM occasions
WHERE ($1::text IS NULL OR $1 = ANY(regions) OR $1 = ANY(within_regions) OR regions && $2::text[])
  AND ($3::text IS NULL OR $3 = ANY(themes))
  AND ($4::text IS NULL OR $4 = ANY(services))
ORDER BY position DESC LIMIT $5
"""


class News(NamedTuple):
    """One event of a solution; `told` is how many municipalities were alerted."""

    id: UUID
    position: int
    event: str
    time: datetime
    slug: str
    services: list[str]
    themes: list[str]
    regions: list[str]
    told: int
    title_de: str
    title_en: str
    link: str | None
    demonstration: bool


async def news(
    connection: Connection, *, region: str | None, theme: str | None, service: str | None, limit: int
) -> list[News]:
    """Newest first. A region's feed also shows what is open in its whole country."""
    around = [] if region is None else within([region])
    return [News(**row) for row in await connection.fetch(_NEWS, region, around, theme, service, limit)]
