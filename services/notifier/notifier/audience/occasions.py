"""Solution events as news for everyone: what the public feeds show, and what filters hear only once."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from events.contracts.words import Theme
from events.log.connect import Connection
from notifier.audience.lacking import SILENCE
from notifier.domain.occasion import Occasion
from notifier.domain.wanting import NAMES, within

KEPT: Final = frozenset(name for name in NAMES if name.startswith("solution-"))
"""The events that are kept as news."""

_SAID_BEFORE = """
SELECT EXISTS (
    SELECT FROM occasions
    WHERE event = 'solution-became-available' AND slug = $1 AND time >= $2
      AND services @> $3::text[] AND regions && $4::text[]
)
"""
_NEWS_SINCE = """
SELECT o.id, o.time, o.event, o.slug, o.services, o.themes, o.regions, o.title_de, o.title_en, o.demonstration
FROM occasions o
WHERE o.time >= $1 AND NOT (o.event = 'solution-became-available' AND EXISTS (
    SELECT FROM occasions b
    WHERE b.event = 'solution-became-available' AND b.slug = o.slug AND b.position < o.position AND b.time >= o.time - $3::interval
      AND b.services @> o.services AND b.regions && o.within_regions
))
ORDER BY o.position DESC LIMIT $2
"""
_KEEP = """
INSERT INTO occasions (
    id, position, event, time, slug, services, themes, regions, within_regions, told, title_de, title_en, link, demonstration
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT DO NOTHING
"""


class News(NamedTuple):
    """One that filters heard of."""

    id: UUID
    time: datetime
    event: str
    slug: str
    services: list[str]
    themes: list[str]
    regions: list[str]
    title_de: str
    title_en: str
    demonstration: bool


async def said_before(connection: Connection, news: Occasion, time: datetime) -> bool:
    """Whether the same was opened there, or in the whole country, within the silence."""
    if news.event != "solution-became-available" or news.solution is None:
        return False
    found: bool = await connection.fetchval(
        _SAID_BEFORE, news.solution.slug, time - SILENCE, news.service_keys, within(news.regions)
    )
    return found


async def keep(
    connection: Connection, news: Occasion, *, id_: UUID, position: int, time: datetime, themes: set[Theme], told: int
) -> None:
    """`told` is how many municipalities heard of it."""
    if news.solution is None:
        return
    terms = news.availability.terms if news.availability is not None else None
    await connection.execute(
        _KEEP,
        id_,
        position,
        news.event,
        time,
        news.solution.slug,
        news.service_keys,
        sorted(themes | set(news.themes)),
        news.regions,
        within(news.regions),
        told,
        news.title["de"],
        news.title["en"],
        terms.order_url if terms is not None else None,
        news.demonstration,
    )


async def kept_since(connection: Connection, since: datetime, most: int) -> list[News]:
    """Newest first; without what was no news to filters, because the same had been said lately."""
    return [News(*row) for row in await connection.fetch(_NEWS_SINCE, since, most, SILENCE)]
