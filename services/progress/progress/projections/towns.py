"""Finding a municipality by what people type: name in any spelling of umlauts, postcode, or regional key."""

from typing import Final

import msgspec

from events.log.connect import Connection
from progress.domain.classes import level_names
from progress.facts.authorities import spellings
from progress.projections.moment import rows


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Enough to tell it from others of its name."""

    id: str
    name: str
    kind: str
    region: str
    district: str | None
    levels: list[str]
    inhabitants: int | None


_FIND: Final = r"""
    SELECT a.key, a.name, a.kind, a.region, a.levels, a.inhabitants, d.name AS district
    FROM authorities a LEFT JOIN authorities d ON d.id = a.district AND d.id <> a.id
    WHERE a.gone_on = 'infinity'
      AND (a.folded LIKE '%' || :first || '%' ESCAPE '\' OR a.folded LIKE '%' || :second || '%' ESCAPE '\'
           OR a.postcode = :typed OR a.key = 'ars:' || :typed OR a.key = :typed)
    ORDER BY (a.key = 'ars:' || :typed) DESC, (a.folded ~ ('(^| )' || :begins || '($|,| )')) DESC,
             (a.folded LIKE :first || '%' ESCAPE '\' OR a.folded LIKE '% ' || :second || '%' ESCAPE '\') DESC,
             a.inhabitants DESC NULLS LAST, a.key
    LIMIT :limit
"""


async def find_towns(connection: Connection, typed: str, limit: int = 20) -> list[Town]:
    """The best first: the exact name before the beginning of one before any part, large before small."""
    typed = " ".join(typed.split())
    if not typed:
        return []
    first, second = spellings(typed)
    begins = "".join(letter if letter.isalnum() else "." for letter in first)
    found = await rows(
        connection,
        _FIND,
        typed=typed,
        first=_literal(first),
        second=_literal(second),
        begins=begins,
        limit=limit,
    )
    return [
        Town(
            id=row["key"],
            name=row["name"],
            kind=row["kind"],
            region=row["region"],
            district=row["district"],
            levels=list(level_names(row["levels"])),
            inhabitants=row["inhabitants"],
        )
        for row in found
    ]


def _literal(typed: str) -> str:
    for special in ("\\", "%", "_"):
        typed = typed.replace(special, f"\\{special}")
    return typed
