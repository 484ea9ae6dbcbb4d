"""Which authorities there are: by name, region, level, kind, those above; and one of them, by any key it ever had."""

from datetime import date
from typing import Any

import msgspec

from catalog.domain.municipality import OfficialKey
from catalog.keeping.tables import unpacked
from catalog.reading.ranking import Rank
from catalog.reading.words import digits, every
from events.contracts.parts import Basis, Location, MunicipalityRef
from events.contracts.regions import region_name
from events.contracts.words import AuthorityLevel
from events.log.connect import Connection


class MunicipalityShown(msgspec.Struct, frozen=True, kw_only=True):
    """An authority as it is now. `parents` are those above it, nearest first; `keys` all it ever had."""

    id: str
    name: str
    kind: str
    levels: list[AuthorityLevel]
    region: str
    region_name: str
    parents: list[MunicipalityRef]
    inhabitants: int | None
    inhabitants_on: date | None
    location: Location | None
    postcode: str | None
    keys: list[OfficialKey]
    ended_on: date | None
    successor: MunicipalityRef | None
    basis: Basis
    version: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the list. `region` may be a country; `parent` gives those below an authority."""

    q: str | None = None
    region: str | None = None
    level: str | None = None
    kind: str | None = None
    parent: str | None = None
    ended: bool = False


_COLUMNS = """
    m.id, m.name, m.plain, m.kind, m.levels, m.region, m.parents, m.inhabitants, m.inhabitants_on, m.latitude, m.longitude,
    m.postcode, m.keys::text AS keys, m.ended_on, m.successor::text AS successor, m.basis::text AS basis, m.version
"""
_WANTED = """
    ($1::text IS NULL OR m.region = $1 OR starts_with(m.region, $1 || '-')) AND ($2::text IS NULL OR $2 = ANY(m.levels))
    AND ($3::text IS NULL OR plain(m.kind) = plain($3)) AND ($4::text IS NULL OR m.parents @> ARRAY[$4])
    AND ($5 OR m.ended_on IS NULL)
"""
_NEARLY = "a.w <% m.plain"
_LOOSELY = "word_similarity(a.w, replace(m.plain, ' ', '')) > 0.32"
"""For slips (Chemintz); it looks at every row, so only when nothing else was found."""
# Found by its name; then words for what it is (Landkreis) or where (Brandenburg) tell namesakes apart. Among equals a
# town comes before the district around it, and the larger first.
_RANKED = """
WITH alternatives AS (
    SELECT n, regexp_replace(plain(written), '[^[:alnum:]]', '', 'g') AS w
    FROM unnest($6::int[], $7::text[]) AS a(n, written)
), named AS (
    SELECT m.id, a.n, max(CASE
        WHEN a.w IN (m.plain, regexp_replace(m.plain, ' ?/.*', '')) THEN 1.1
        WHEN m.plain ~ ('\\m' || a.w || '\\M') THEN 1.0
        WHEN m.plain ~ ('\\m' || a.w) THEN 0.85
        WHEN strpos(m.plain, a.w) > 0 THEN 0.6
        ELSE 0.7 * word_similarity(a.w, m.plain) END) AS quality
    FROM alternatives a JOIN municipalities m
        ON (length(a.w) > 2 AND m.plain LIKE '%' || a.w || '%') OR (length(a.w) <= 2 AND m.plain ~ ('\\m' || a.w)) OR {nearly}
    WHERE a.w <> '' AND {wanted}
    GROUP BY m.id, a.n
), told_apart AS (
    SELECT c.id, a.n, 0.5 AS quality
    FROM (SELECT DISTINCT id FROM named) AS c JOIN municipalities m USING (id) CROSS JOIN alternatives a
    WHERE NOT EXISTS (SELECT FROM named WHERE named.id = c.id AND named.n = a.n) AND a.w <> '' AND (
        plain(m.kind) LIKE '%' || a.w || '%'
        OR EXISTS (SELECT FROM municipalities p WHERE p.id = ANY(m.parents) AND p.plain LIKE '%' || a.w || '%')
    )
), telling AS (
    SELECT n, ln(1 + (SELECT count(*) FROM municipalities)::float8 / count(*)) AS weight FROM named GROUP BY n
), ranked AS (
    SELECT id, (-1000000 * sum(quality * coalesce(weight, 2)))::bigint AS rank
    FROM (SELECT * FROM named UNION ALL SELECT * FROM told_apart) AS found LEFT JOIN telling USING (n) GROUP BY id
)
SELECT {columns}, r.rank,
       ('commune' <> ALL(m.levels))::int || lpad((1000000000000 - coalesce(m.inhabitants, 0))::text, 13, '0') AS then_by
FROM ranked r JOIN municipalities m USING (id) WHERE r.rank <= 0.55 * (SELECT min(rank) FROM ranked)
"""
_NUMBERED = """
SELECT {columns}, 0::bigint AS rank, m.plain AS then_by FROM municipalities m
WHERE {wanted} AND (
    $6::text IS NULL OR m.postcode = $6
    OR m.id IN (SELECT municipality FROM municipality_keys WHERE key LIKE 'ars:' || $6 || '%')
    OR (length($6) = 8 AND m.id LIKE 'ars:' || left($6, 5) || '____' || right($6, 3))
)
"""
_ABOVE = """
(
    SELECT coalesce(jsonb_agg(
        jsonb_build_object('id', p.id, 'name', p.name, 'levels', p.levels, 'region', p.region) ORDER BY n), '[]')::text
    FROM unnest(list.parents) WITH ORDINALITY AS above(id, n) JOIN municipalities p ON p.id = above.id
) AS above
"""
_PAGE = """
SELECT *, {above} FROM (
    SELECT * FROM ({rows}) AS all_rows
    WHERE ${first}::bigint IS NULL OR (rank, then_by, id) > (${first}, ${second}::text, ${third}::text)
    ORDER BY rank, then_by, id LIMIT ${fourth}
) AS list ORDER BY rank, then_by, id
"""
_ONE = f"""
SELECT *, {_ABOVE} FROM (
    SELECT {_COLUMNS} FROM municipalities m WHERE id = (SELECT municipality FROM municipality_keys WHERE key = $1)
) AS list
"""  # noqa: S608 - only constants of this file are put together


async def find_municipalities(
    connection: Connection, wanted: Wanted, limit: int, after: Rank | None = None
) -> list[tuple[MunicipalityShown, Rank]]:
    """The best first; without words by name."""
    filters = [wanted.region, wanted.level, wanted.kind, wanted.parent, wanted.ended]
    number = digits(wanted.q) if wanted.q else None
    if not wanted.q or number is not None:
        return await _listed(
            connection, _NUMBERED.format(columns=_COLUMNS, wanted=_WANTED), [*filters, number], limit, after
        )
    words = every(wanted.q)
    arguments = [*filters, words.numbers, words.written]
    strictly = _RANKED.format(columns=_COLUMNS, wanted=_WANTED, nearly=_NEARLY)
    found = await _listed(connection, strictly, arguments, limit, after)
    if found or (after is not None and await _listed(connection, strictly, arguments, 1, None)):
        return found
    return await _listed(
        connection, _RANKED.format(columns=_COLUMNS, wanted=_WANTED, nearly=_LOOSELY), arguments, limit, after
    )


async def _listed(
    connection: Connection, rows: str, arguments: list[Any], limit: int, after: Rank | None
) -> list[tuple[MunicipalityShown, Rank]]:
    first = len(arguments) + 1
    statement = _PAGE.format(rows=rows, above=_ABOVE, first=first, second=first + 1, third=first + 2, fourth=first + 3)
    page = await connection.fetch(statement, *arguments, *(after or (None, None, None)), limit)
    return [(_shown(row), Rank(row["rank"], row["then_by"], row["id"])) for row in page]


async def one_municipality(connection: Connection, key: str) -> MunicipalityShown | None:
    """Whoever bears or bore that key."""
    row = await connection.fetchrow(_ONE, key)
    return None if row is None else _shown(row)


def _shown(row: Any) -> MunicipalityShown:
    located = row["latitude"] is not None and row["longitude"] is not None
    return MunicipalityShown(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        levels=row["levels"],
        region=row["region"],
        region_name=region_name(row["region"]),
        parents=unpacked(row["above"], list[MunicipalityRef]) or [],
        inhabitants=row["inhabitants"],
        inhabitants_on=row["inhabitants_on"],
        location=Location(latitude=row["latitude"], longitude=row["longitude"]) if located else None,
        postcode=row["postcode"],
        keys=unpacked(row["keys"], list[OfficialKey]) or [],
        ended_on=row["ended_on"],
        successor=unpacked(row["successor"], MunicipalityRef),
        basis=unpacked(row["basis"], Basis) or Basis(kind="reference-data"),
        version=row["version"],
    )
