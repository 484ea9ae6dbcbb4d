"""The classes that figures group by: levels, families, size classes, peer groups. All as small integers."""

from collections.abc import Collection
from typing import Final

from events.contracts.words import DELIVERED_BY, AuthorityLevel, ServiceKind, ServiceLevel

LEVELS: Final[tuple[AuthorityLevel, ...]] = (
    "commune",
    "association",
    "special_purpose",
    "district",
    "state",
    "national",
)
SERVICES, COMPONENTS, UNCOUNTED = 0, 1, 2
"""Families: services that OZG figures count; components, which have a unit of their own; services nobody counts."""

SIZE_CLASSES: Final = (
    (400_000, "> 400.000"),
    (200_000, "200.000–400.000"),
    (100_000, "100.000–200.000"),
    (50_000, "50.000–100.000"),
    (25_000, "25.000–50.000"),
    (10_000, "10.000–25.000"),
    (5_000, "5.000–10.000"),
    (2_000, "2.000–5.000"),
    (0, "< 2.000"),
)
"""Least number of inhabitants of each class, largest first. Classes count from 1; 0 is: inhabitants unknown."""


def mask(levels: Collection[AuthorityLevel]) -> int:
    """Levels as bits: Leipzig, commune and district at once, is 1 + 8."""
    return sum(1 << LEVELS.index(level) for level in set(levels))


def level_names(levels: int) -> list[AuthorityLevel]:
    """The levels in a mask."""
    return [name for place, name in enumerate(LEVELS) if levels >> place & 1]


def delivered_by(level: ServiceLevel) -> int:
    """The mask of authorities responsible by default for a service of that level."""
    return mask(DELIVERED_BY[level])


def family(kind: ServiceKind, countable: bool) -> int:
    """Which unit a service belongs to."""
    if kind == "component":
        return COMPONENTS
    return SERVICES if countable else UNCOUNTED


def size_class(inhabitants: int | None) -> int:
    """1 (more than 400,000) to 9 (fewer than 2,000); 0 where nobody counted."""
    if inhabitants is None:
        return 0
    return next(number for number, (least, _) in enumerate(SIZE_CLASSES, 1) if inhabitants >= least)


def size_label(number: int) -> str:
    """The class in words."""
    return SIZE_CLASSES[number - 1][1] if number else "?"


def peer_group(levels: int, size: int, own_administration: bool) -> int:
    """One number for all whose levels, size class and kind of administration are the same."""
    return levels << 5 | size << 1 | own_administration


def split_peer_group(group: int) -> tuple[int, int, bool]:
    """Levels, size class, own administration."""
    return group >> 5, group >> 1 & 0xF, bool(group & 1)
