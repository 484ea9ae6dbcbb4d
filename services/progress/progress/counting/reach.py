"""Of how many services of a theme can it be said that they are online somewhere or everywhere in a place, day by day."""

from typing import Final

from progress.counting.places import ALL_THEMES
from progress.domain.classes import SERVICES

MEASURES: Final = {"somewhere": 1, "everywhere": 2, "ruled_out": 8}
"""Which bit of `spread.flags` each counts. Services that concern anyone are in `concerned`, less those ruled out here."""
_KEYS: Final = {"reach_days": ("day", "c.day"), "reach_months": ("month", "date_trunc('month', c.day)::date")}
_SUMS: Final = {name: f"sum(CASE WHEN e.flags & {bit} <> 0 THEN c.sign ELSE 0 END)" for name, bit in MEASURES.items()}

TABLES: Final = tuple(
    f"""CREATE TABLE {table} (place text NOT NULL, theme text NOT NULL, {key} date NOT NULL,
        {", ".join(f"{name} integer NOT NULL" for name in MEASURES)}, PRIMARY KEY (place, theme, {key}))"""
    for table, (key, _) in _KEYS.items()
)


def sums(table: str, source: str) -> str:
    """What the rows of `source` (shaped like `spread`, with a sign) add to one of the two tables."""
    return f"""
    SELECT e.place, theme.key, {_KEYS[table][1]}, {", ".join(_SUMS.values())}
    FROM {source} e
    JOIN services s ON s.id = e.service AND s.family = {SERVICES}
    CROSS JOIN LATERAL (VALUES (e.from_on, e.sign), (e.until, -e.sign)) c (day, sign)
    CROSS JOIN LATERAL (VALUES (s.theme), ('{ALL_THEMES}')) theme (key)
    WHERE c.day < 'infinity' AND e.place NOT LIKE 'peer:%'
    GROUP BY 1, 2, 3 HAVING {" OR ".join(f"{one} <> 0" for one in _SUMS.values())}
    """  # noqa: S608 - composed of our own constants


def adding(source: str) -> str:
    """Parts of a WITH that add them."""
    change = ", ".join(f"{name} = t.{name} + EXCLUDED.{name}" for name in MEASURES)
    return ", ".join(
        f"to_{table} AS (INSERT INTO {table} AS t {sums(table, source)}"
        f" ON CONFLICT (place, theme, {key}) DO UPDATE SET {change})"
        for table, (key, _) in _KEYS.items()
    )


def recount(table: str) -> str:
    """The whole table, from `spread`."""
    return sums(table, "(SELECT *, 1 AS sign FROM spread)")
