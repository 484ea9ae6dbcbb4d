"""Finding a service by what people type: any words of its title, in any spelling of umlauts, or its key."""

from typing import Final

import msgspec

from events.log.connect import Connection
from progress.facts.authorities import spellings
from progress.projections.moment import rows


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Enough to tell it from others."""

    key: str
    title: str
    theme: str
    level: str


_LISTED: Final = "SELECT key, title, theme, level FROM services WHERE withdrawn_on = 'infinity' ORDER BY title, key"


async def find_services(connection: Connection, typed: str, limit: int = 20) -> list[Found]:
    """Those whose title begins with what was typed before those that contain all of its words."""
    words = [set(spellings(word)) for word in typed.split()]
    if not words:
        return []
    found = []
    for row in await rows(connection, _LISTED):
        titles = spellings(row["title"])
        by_key = typed.strip() in (row["key"], row["key"].partition(":")[2])
        if by_key or all(any(word in title for word in one for title in titles) for one in words):
            begins = any(title.startswith(word) for title in titles for word in words[0])
            found.append((not by_key, not begins, row["title"], Found(**row)))
    return [one for *_, one in sorted(found, key=lambda entry: entry[:3])[:limit]]
