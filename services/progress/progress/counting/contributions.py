"""What statuses contribute to counters: one SQL text for the daily work, for reclassifying and for recounting.

A status event takes `replaced` away and puts `state` in, on the days `[effective_on, until)`, for those who know what was
recorded by then. It counts as far as the cell's authority is responsible (by default, plus overrides), exists, and the
service is in the catalogue. Each such rectangle of days × knowledge becomes its corners: +1 where it begins, −1 where it
ends, so that a counter at (as_of, known_at) is the sum of all corners up to there.
"""

from typing import Final

from progress.domain.measures import MEASURES, bit

PEOPLE: Final = ("people_online", "people_compliant", "people_recorded", "people_excluded")
COUNTED: Final = (*MEASURES, *PEOPLE)
"""The columns of every counter: cells per measure, and the inhabitants of their municipalities for four of them."""

DIMENSIONS: Final = (
    *("authority", "service", "solution", "region", "country", "district", "peer_group", "theme", "level", "family"),
    *("day", "known"),
)
"""What a contribution belongs to; with `COUNTED` the columns of `moves`."""

CREATE_MOVES: Final = f"""CREATE TEMP TABLE IF NOT EXISTS moves (
    authority integer, service integer, solution integer, region text, country text, district text, peer_group integer,
    theme text, level text, family smallint, day date, known date, {", ".join(f"{name} bigint" for name in COUNTED)}) ON COMMIT DELETE ROWS"""

_SIGN = "c.sign * p.weight * side.sign"


def _count(measure: str) -> str:
    return f"CASE WHEN side.bits & {bit(measure)} <> 0 THEN {_SIGN} ELSE 0 END"


def _people(measure: str) -> str:
    name = measure.removeprefix("people_")
    return f"CASE WHEN side.bits & {bit(name)} <> 0 THEN {_SIGN} * coalesce(a.inhabitants, 0)::bigint ELSE 0 END"


PIECES: Final = """
    SELECT '-infinity'::date AS from_on, 'infinity'::date AS until,
           '-infinity'::date AS known_from, 'infinity'::date AS known_until, 1 AS weight
    WHERE a.levels & s.delivered_by <> 0 AND a.country = s.country
    UNION ALL
    SELECT o.from_on, o.until, o.known_from, o.known_until, o.weight
    FROM overrides o WHERE o.authority = a.id AND o.service = s.id
"""
"""When the authority `a` is responsible for the service `s`: spans of days and knowledge whose weights add up to 0 or 1."""


def contributions(source: str, sign: int = 1, *, by_key: bool = True) -> str:
    """A SELECT with the columns of `moves`: what the rows of `source` (shaped like `recordings`) contribute."""
    # OFFSET 0 keeps these look-ups by key: a planner that takes one new status for thousands would read all authorities.
    each = "OFFSET 0" if by_key else ""
    counts = ", ".join(f"{sign} * {_count(name)} AS {name}" for name in MEASURES)
    people = ", ".join(f"{sign} * {_people(name)} AS {name}" for name in PEOPLE)
    return f"""
    SELECT e.authority, e.service, side.solution, a.region, a.country,
           d.key AS district, a.peer_group,
           s.theme, s.level, s.family, c.day, c.known, {counts}, {people}
    FROM {source} e
    CROSS JOIN LATERAL (SELECT * FROM authorities WHERE id = e.authority {each}) a
    LEFT JOIN LATERAL (SELECT key FROM authorities WHERE id = a.district {each}) d ON true
    CROSS JOIN LATERAL (SELECT * FROM services WHERE id = e.service {each}) s
    CROSS JOIN LATERAL ({PIECES}) p
    CROSS JOIN LATERAL (
        VALUES (1, e.bits, e.solution), (-1, e.replaced_bits, e.replaced_solution)
    ) side (sign, bits, solution)
    CROSS JOIN LATERAL (
        SELECT greatest(e.effective_on, p.from_on, a.since, s.since) AS from_on,
               least(e.until, p.until, a.gone_on, s.withdrawn_on) AS until,
               greatest(e.recorded_on, p.known_from) AS known_from, p.known_until
    ) r
    CROSS JOIN LATERAL (
        VALUES (r.from_on, r.known_from, 1), (r.until, r.known_from, -1),
               (r.from_on, r.known_until, -1), (r.until, r.known_until, 1)
    ) c (day, known, sign)
    WHERE side.bits IS NOT NULL AND r.from_on < r.until AND r.known_from < r.known_until
      AND c.day < 'infinity' AND c.known < 'infinity'
    """  # noqa: S608 - composed of our own constants
