"""What is known now of the whole, of a country or of a region: all its sums, in three statements however much is recorded.

Months and, within the month asked, days are summed by the database; denominators are in memory.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

import asyncpg

from events.log.connect import Connection
from progress.counting.contributions import COUNTED
from progress.counting.counters import PLACE, REGION, upto
from progress.counting.places import ALL_THEMES
from progress.domain.classes import COMPONENTS, SERVICES
from progress.domain.figures import Counts
from progress.domain.names import LEVELS, THEMES, named
from progress.projections import responsible, trends
from progress.projections.moment import Moment, records, snapshot
from progress.projections.parts import RESPONSIBILITIES, Part, Reach, Reporting, line, titled
from progress.projections.responsible import Responsible, Share
from progress.projections.trends import LINE, TrendPoint

_MONTH: Final = "date_trunc('month', CAST(:day AS date))::date"


def _upto(name: str, key: str, columns: str) -> str:
    """Like `counters.upto`, for the tables that count something else by month and day."""
    return f"""(SELECT {key}, {columns} FROM {name}_months WHERE month < {_MONTH}
                UNION ALL SELECT {key}, {columns} FROM {name}_days WHERE day >= {_MONTH} AND day <= :day) t"""  # noqa: S608 - our own constants


def sums(columns: Sequence[str]) -> str:
    """Of the rows of a counter, without the detour over `numeric` that sums of `bigint` take."""
    return ", ".join(f"coalesce(sum(t.{name}), 0)::bigint AS {name}" for name in columns)


_TOTALS: Final = f"""
    SELECT f.family, {", ".join(f"t.{name}" for name in COUNTED)}, r.*, (
        SELECT coalesce(sum(services), 0)::bigint FROM concerned
        WHERE place = ANY(:places) AND theme = '{ALL_THEMES}' AND day <= :day) AS concerned, (
        SELECT coalesce(sum(t.authorities), 0)::bigint FROM {_upto("reporting", "place", "authorities")}
        WHERE t.place = ANY(:places)) AS reporting
    FROM (VALUES ({SERVICES}), ({COMPONENTS})) f (family)
    LEFT JOIN (SELECT family, {sums(COUNTED)} FROM {upto(PLACE, latest=True)} WHERE t.place = ANY(:places) GROUP BY 1) t
      ON t.family = f.family
    CROSS JOIN (SELECT {sums(("somewhere", "everywhere", "ruled_out"))}
                FROM {_upto("reach", "place, theme", "somewhere, everywhere, ruled_out")}
                WHERE t.place = ANY(:places) AND t.theme = '{ALL_THEMES}') r
    ORDER BY 1
"""  # noqa: S608 - composed of our own constants
_LINES: Final = f"""
    SELECT t.month, NULL AS place, NULL AS theme, NULL AS level, {sums(LINE)} FROM {PLACE.name}_months t
    WHERE t.place = ANY(:places) AND t.family = {SERVICES} AND t.month < {_MONTH} GROUP BY 1
    UNION ALL
    SELECT NULL, t.place, NULL, NULL, {sums(LINE)} FROM {upto(PLACE, latest=True)}
    WHERE t.place = ANY(:parts) AND t.family = {SERVICES} GROUP BY 2
    UNION ALL
    SELECT NULL, NULL, t.theme, t.level, {sums(LINE)} FROM {upto(REGION, latest=True)}
    WHERE t.region = ANY(:places) AND t.family = {SERVICES} GROUP BY GROUPING SETS ((t.theme), (t.level))
    ORDER BY 1
"""  # noqa: S608 - composed of our own constants


class Summed(NamedTuple):
    """All sums of the whole or of one region."""

    counts: Counts
    components: Counts
    reach: Reach
    reporting: Reporting
    themes: list[Part]
    levels: list[Part]
    parts: list[Part]
    trend: list[TrendPoint]
    position: int


class State(NamedTuple):
    """Of a snapshot: the denominators that belong to it, and its last event."""

    responsible: Responsible
    position: int


async def state(connection: Connection) -> State:
    """Of this snapshot."""
    found = await snapshot(connection)
    return State(await responsible.stamped(connection, found.stamp), found.position)


async def summed(connection: Connection, known: State, code: str | None, moment: Moment) -> Summed:
    """Everything, or one region or country."""
    places = known.responsible.countries if code is None else [code]
    parts = _parts(known.responsible, code, moment.as_of)
    asked = {"places": places, "day": moment.as_of}
    services, components = await records(connection, _TOTALS, **asked)
    lines = await records(connection, _LINES, parts=list(parts), **asked)
    day, of = moment.as_of, known.responsible
    counted = _counts(services, _total(of, places, day))
    everywhere, somewhere = services["everywhere"], services["somewhere"]
    concerned = services["concerned"] - services["ruled_out"]
    themes, levels = _cuts(of, places, day, lines)
    by_place = {row["place"]: row for row in lines if row["place"] is not None}
    return Summed(
        counts=counted,
        components=_counts(components, _total(of, places, day, COMPONENTS)),
        reach=Reach(
            everywhere=everywhere, somewhere=somewhere - everywhere, nowhere=concerned - somewhere, of=concerned
        ),
        reporting=Reporting(reporting=services["reporting"], of=sum(of.authorities(place, day) for place in places)),
        themes=themes,
        levels=levels,
        parts=[
            line(place, title, of.total(place, day).responsible, by_place.get(place)) for place, title in parts.items()
        ],
        trend=trends.points(
            moment,
            [row for row in lines if row["month"] is not None],
            counted,
            lambda day: _total(of, places, day).responsible,
            RESPONSIBILITIES,
        ),
        position=known.position,
    )


def _parts(of: Responsible, code: str | None, day: date) -> dict[str, dict[str, str]]:
    """The regions of the whole or of a country, the districts of a region, with their titles."""
    names = {one.key: one.name for one in of.districts}
    return {
        place: {"de": names[place], "en": names[place]} if place in names else titled(place)
        for place in of.parts(code, day)
    }


def _total(of: Responsible, places: Sequence[str], day: date, family: int = SERVICES) -> Share:
    shares = [of.total(place, day, family) for place in places]
    return Share(sum(one.responsible for one in shares), sum(one.people for one in shares))


def _counts(row: asyncpg.Record, share: Share) -> Counts:
    return Counts(responsible=share.responsible, people=share.people, **{name: row[name] or 0 for name in COUNTED})


def _cuts(
    of: Responsible, places: Sequence[str], day: date, lines: Sequence[asyncpg.Record]
) -> tuple[list[Part], list[Part]]:
    """The same cells by theme, and by level."""
    found: list[list[Part]] = []
    responsible = [of.by_theme_and_by_level(place, day) for place in places]
    for cut, (column, names) in enumerate((("theme", THEMES), ("level", LEVELS))):
        sums: dict[str, int] = {}
        for there in responsible:
            for key, number in there[cut].items():
                sums[key] = sums.get(key, 0) + number
        counted = {row[column]: row for row in lines if row[column] is not None}
        found.append([line(key, named(names, key), of_it, counted.get(key)) for key, of_it in sorted(sums.items())])
    themes, levels = found
    return themes, levels
