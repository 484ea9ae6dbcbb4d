"""Which bundles (OZG-Leistungen) there are, with their services; and one of them."""

from typing import Any

import msgspec

from catalog.keeping.tables import unpacked
from catalog.reading.words import asked
from events.contracts.catalog import BundleListed
from events.contracts.parts import Basis, ServiceRef
from events.contracts.words import Theme
from events.log.connect import Connection


class BundleShown(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle and its services; some have none yet."""

    id: str
    title: str
    theme: Theme
    services: list[ServiceRef]
    basis: Basis
    language: str
    translations: dict[str, dict[str, str]] | None
    version: int


_SERVICES = """
(
    SELECT coalesce(jsonb_agg(jsonb_build_object('key', s.key, 'title', s.title) ORDER BY s.key), '[]')::text
    FROM jsonb_array_elements_text(b.listed -> 'services') AS its(key) JOIN services s ON s.key = its.key
) AS services
"""
_ONE = f"SELECT b.id, b.title, b.version, b.listed::text AS listed, {_SERVICES} FROM bundles b WHERE b.id = $1"  # noqa: S608 - only constants are put together
_FIND = f"""
WITH alternatives AS (
    SELECT n, regexp_replace(plain(written), '[^[:alnum:]]', '', 'g') AS w FROM unnest($2::int[], $3::text[]) AS a(n, written)
)
SELECT b.id, b.title, b.version, b.listed::text AS listed, {_SERVICES} FROM bundles b
WHERE ($1::text IS NULL OR b.theme = $1) AND b.id > $4
  AND NOT EXISTS (
      SELECT FROM alternatives GROUP BY n
      HAVING NOT bool_or(w = b.id OR strpos(b.plain, w) > 0 OR (w <> '' AND b.words @@ to_tsquery('german', w)) OR w <% b.plain)
  )
ORDER BY b.id LIMIT $5
"""  # noqa: S608 - our own words, no input


async def find_bundles(
    connection: Connection, *, q: str | None, theme: str | None, limit: int, after: str | None = None
) -> list[BundleShown]:
    """Those that have every word, by id."""
    words = asked(q or "")
    rows = await connection.fetch(_FIND, theme, words.numbers, words.written, after or "", limit)
    return [_shown(row) for row in rows]


async def one_bundle(connection: Connection, bundle: str) -> BundleShown | None:
    """The bundle of that OZG-ID."""
    row = await connection.fetchrow(_ONE, bundle)
    return None if row is None else _shown(row)


def _shown(row: Any) -> BundleShown:
    listed = unpacked(row["listed"], BundleListed)
    assert listed is not None
    return BundleShown(
        id=row["id"],
        title=row["title"],
        theme=listed.theme,
        services=unpacked(row["services"], list[ServiceRef]) or [],
        basis=listed.basis,
        language=listed.language,
        translations=listed.translations,
        version=row["version"],
    )
