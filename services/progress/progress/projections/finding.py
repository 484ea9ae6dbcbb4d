"""Finding a service by what people type: any words of its title, in any spelling of umlauts, or its key."""

from datetime import date
from typing import Final

import msgspec

from events.log.connect import Connection
from progress.facts.authorities import spellings
from progress.projections import catalogue
from progress.projections.catalogue import Catalogue, Service

_LISTED_STILL: Final = date.max


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Enough to tell it from others."""

    key: str
    title: str
    theme: str
    level: str


async def find_services(connection: Connection, typed: str, limit: int = 20) -> list[Found]:
    """Those whose title begins with what was typed before those that contain all of its words."""
    found = matching(await catalogue.current(connection), typed)
    return [Found(key=one.key, title=one.title, theme=one.theme, level=one.level) for one in found[:limit]]


def matching(known: Catalogue, typed: str) -> list[Service]:
    """The same of a catalogue, all of them."""
    words = [set(spellings(word)) for word in typed.split()]
    if not words:
        return []
    found = []
    for one, titles in known.spelled:
        by_key = typed.strip() in (one.key, one.key.partition(":")[2])
        named = by_key or all(any(word in title for word in some for title in titles) for some in words)
        if named and one.withdrawn_on == _LISTED_STILL:
            begins = any(title.startswith(word) for title in titles for word in words[0])
            found.append((not by_key, not begins, one.title, one.key, one))
    return [one for *_, one in sorted(found)]
