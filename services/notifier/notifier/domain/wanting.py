"""What a filter lets through. The audience asks the database the same question for many filters at once."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from events.contracts.notifier import Filter
from events.contracts.registry import TYPES

NAMES: Final = tuple(event_type.name for event_type in TYPES if event_type.speaker == "catalog")
"""What a filter's `events` may name."""


class Topic(NamedTuple):
    """What something said is about, as far as a filter can ask. Empty means: about none."""

    event: str
    services: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


def lets_through(wanted: Filter, topic: Topic) -> bool:
    """Each list that is not empty must be met; what has no region does not meet a list of regions."""
    return (
        _met(wanted.events, (topic.event,))
        and _met(wanted.services, topic.services)
        and _met(wanted.themes, topic.themes)
        and (not wanted.regions or overlap(wanted.regions, topic.regions))
    )


def overlap(some: Iterable[str], others: Collection[str]) -> bool:
    """Whether any region of one lies in, or covers, any of the other: DE-SN and DE do, DE-SN and DE-BY do not."""
    return any(
        one == other or other.startswith(f"{one}-") or one.startswith(f"{other}-") for one in some for other in others
    )


def within(regions: Iterable[str]) -> list[str]:
    """The regions and the countries they lie in, sorted: two sets of regions overlap if one meets the other's `within`."""
    return sorted({part for region in regions for part in (region, region.partition("-")[0])})


def event_name(text: str) -> str | None:
    """`solution-became-available` or `ozg.catalog.solution-became-available.v1` → the name, or None if nobody says it."""
    name = text.removeprefix("ozg.catalog.").partition(".v")[0]
    return name if name in NAMES else None


def _met(wanted: Collection[str], had: Collection[str]) -> bool:
    return not wanted or not set(wanted).isdisjoint(had)
