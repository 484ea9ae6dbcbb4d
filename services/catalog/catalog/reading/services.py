"""Which services there are: by words, theme, level, bundle; and one of them."""

from datetime import date
from typing import Any

import msgspec

from catalog.keeping.tables import unpacked
from catalog.reading.ranking import Rank
from catalog.reading.words import asked, digits
from events.contracts.catalog import ServiceListed
from events.contracts.parts import Basis, ServiceRef
from events.contracts.words import Audience, ServiceKind, ServiceLevel, Theme
from events.log.connect import Connection


class ServiceShown(msgspec.Struct, frozen=True, kw_only=True):
    """A service or component as the catalogue lists it."""

    key: str
    title: str
    kind: ServiceKind
    country: str
    level: ServiceLevel
    theme: Theme
    bundle: str | None
    countable: bool
    audience: Audience | None
    provisional: bool
    basis: Basis
    withdrawn_on: date | None
    successor: ServiceRef | None
    language: str
    translations: dict[str, dict[str, str]] | None
    version: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the list."""

    q: str | None = None
    theme: str | None = None
    level: str | None = None
    bundle: str | None = None
    kind: str | None = None
    withdrawn: bool = False


_COLUMNS = (
    "s.key, s.title, s.plain, s.version, s.withdrawn_on, s.listed::text AS listed, s.successor::text AS successor"
)
_WANTED = """
    ($1::text IS NULL OR s.theme = $1) AND ($2::text IS NULL OR s.level = $2) AND ($3::text IS NULL OR s.bundle = $3)
    AND ($4::text IS NULL OR s.kind = $4) AND ($5 OR s.withdrawn_on IS NULL)
"""
_NEARLY = "a.w <% s.plain"
_LOOSELY = "word_similarity(a.w, replace(s.plain, ' ', '')) > 0.45"
"""For compounds (Gewerbeanmeldung) and slips; it looks at every row, so only when nothing else was found."""
# A word is worth more the fewer services have it; what has less than half of what the best has is left out. So a second
# word that is nowhere changes nothing, and one that is found puts those with both before the others.
_RANKED = """
WITH alternatives AS (
    SELECT n, regexp_replace(plain(written), '[^[:alnum:]]', '', 'g') AS w, weight
    FROM unnest($6::int[], $7::text[], $8::float8[]) AS a(n, written, weight)
), found AS (
    SELECT s.key, a.n, max(a.weight * CASE
        WHEN s.words @@ to_tsquery('german', a.w) THEN 1.0
        WHEN s.words @@ to_tsquery('german', a.w || ':*') THEN 0.9
        WHEN strpos(s.plain, a.w) > 0 THEN 0.8
        ELSE 0.8 * greatest(word_similarity(a.w, s.plain), word_similarity(a.w, replace(s.plain, ' ', ''))) END) AS quality
    FROM alternatives a JOIN services s ON s.words @@ to_tsquery('german', a.w || ':*')
        OR (length(a.w) > 2 AND s.plain LIKE '%' || a.w || '%') OR {nearly}
    WHERE a.w <> '' AND {wanted}
    GROUP BY s.key, a.n
), telling AS (
    SELECT n, ln(1 + (SELECT count(*) FROM services)::float8 / count(*)) AS weight FROM found GROUP BY n
), ranked AS (
    SELECT key, (-1000000 * sum(quality * weight))::bigint AS rank FROM found JOIN telling USING (n) GROUP BY key
)
SELECT {columns}, r.rank FROM ranked r JOIN services s USING (key)
WHERE r.rank <= 0.45 * (SELECT min(rank) FROM ranked)
"""
_NUMBERED = """
SELECT {columns}, 0::bigint AS rank FROM services s
WHERE {wanted} AND ($6::text IS NULL OR s.bundle = $6 OR s.key LIKE 'leika:' || $6 || '%')
"""
_PAGE = """
SELECT * FROM ({rows}) AS list
WHERE ${first}::bigint IS NULL OR (rank, plain, key) > (${first}, ${second}::text, ${third}::text)
ORDER BY rank, plain, key LIMIT ${fourth}
"""


async def find_services(
    connection: Connection, wanted: Wanted, limit: int, after: Rank | None = None
) -> list[tuple[ServiceShown, Rank]]:
    """The best first; without words by title."""
    filters = [wanted.theme, wanted.level, wanted.bundle, wanted.kind, wanted.withdrawn]
    number = digits(wanted.q) if wanted.q else None
    if not wanted.q or number is not None:
        return await _listed(
            connection, _NUMBERED.format(columns=_COLUMNS, wanted=_WANTED), [*filters, number], limit, after
        )
    arguments = [*filters, *asked(wanted.q)]
    strictly = _RANKED.format(columns=_COLUMNS, wanted=_WANTED, nearly=_NEARLY)
    found = await _listed(connection, strictly, arguments, limit, after)
    if found or (after is not None and await _listed(connection, strictly, arguments, 1, None)):
        return found
    return await _listed(
        connection, _RANKED.format(columns=_COLUMNS, wanted=_WANTED, nearly=_LOOSELY), arguments, limit, after
    )


async def _listed(
    connection: Connection, rows: str, arguments: list[Any], limit: int, after: Rank | None
) -> list[tuple[ServiceShown, Rank]]:
    first = len(arguments) + 1
    statement = _PAGE.format(rows=rows, first=first, second=first + 1, third=first + 2, fourth=first + 3)
    page = await connection.fetch(statement, *arguments, *(after or (None, None, None)), limit)
    return [(_shown(row), Rank(row["rank"], row["plain"], row["key"])) for row in page]


async def one_service(connection: Connection, key: str) -> ServiceShown | None:
    """The service of that key, withdrawn or not."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM services s WHERE key = $1", key)  # noqa: S608 - our own words, no input
    return None if row is None else _shown(row)


def _shown(row: Any) -> ServiceShown:
    listed = unpacked(row["listed"], ServiceListed)
    assert listed is not None
    return ServiceShown(
        key=row["key"],
        title=row["title"],
        kind=listed.kind,
        country=listed.country,
        level=listed.level,
        theme=listed.theme,
        bundle=listed.bundle,
        countable=listed.countable,
        audience=listed.audience,
        provisional=listed.provisional,
        basis=listed.basis,
        withdrawn_on=row["withdrawn_on"],
        successor=unpacked(row["successor"], ServiceRef),
        language=listed.language,
        translations=listed.translations,
        version=row["version"],
    )
