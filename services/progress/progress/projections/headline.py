"""What is known now of the whole, of a country or of a region: all its sums, in one statement however much is recorded.

Months and, within the month asked, days are summed by the database; denominators are in memory.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from operator import itemgetter
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
from progress.projections.moment import Moment, agree, at_once, snapshot, with_state
from progress.projections.parts import RESPONSIBILITIES, Part, Reach, Reporting, line, titled
from progress.projections.responsible import Responsible
from progress.projections.shares import Share
from progress.projections.trends import LINE, TrendPoint

_MONTH: Final = "date_trunc('month', CAST(:day AS date))::date"


def _upto(name: str, key: str, columns: str) -> str:
    """Like `counters.upto`, for the tables that count something else by month and day."""
    return f"""(SELECT {key}, {columns} FROM {name}_months WHERE month < {_MONTH}
                UNION ALL SELECT {key}, {columns} FROM {name}_days WHERE day >= {_MONTH} AND day <= :day) t"""  # noqa: S608 - our own constants


def sums(columns: Sequence[str]) -> str:
    """Of the rows of a counter, without the detour over `numeric` that sums of `bigint` take."""
    return ", ".join(f"coalesce(sum(t.{name}), 0)::bigint AS {name}" for name in columns)


_REACH: Final = ("somewhere", "everywhere", "ruled_out", "concerned", "reporting")


def _part(name: str, source: str, numbers: Mapping[str, str], *, key: str = "NULL", month: str = "NULL") -> str:
    """One part of all that is asked at once; in its rows the numbers of other parts are null."""
    columns = ", ".join(f"{numbers.get(one, 'NULL')}::bigint AS {one}" for one in (*COUNTED, *_REACH))
    return f"SELECT {name} AS part, {key}::text AS key, {month}::date AS month, {columns} FROM {source}"  # noqa: S608 - our own constants


def _summed(columns: Sequence[str]) -> dict[str, str]:
    return {name: f"coalesce(sum(t.{name}), 0)" for name in columns}


_OF_REACH: Final = f"""
    (SELECT {sums(_REACH[:3])} FROM {_upto("reach", "place, theme", ", ".join(_REACH[:3]))}
     WHERE t.place = ANY(:places) AND t.theme = '{ALL_THEMES}') r,
    (SELECT sum(services) AS concerned FROM concerned
     WHERE place = ANY(:places) AND theme = '{ALL_THEMES}' AND day <= :day) c,
    (SELECT sum(t.authorities) AS reporting FROM {_upto("reporting", "place", "authorities")}
     WHERE t.place = ANY(:places)) p
"""  # noqa: S608 - composed of our own constants
_ALL: Final = with_state(
    " UNION ALL ".join(
        (
            _part(
                "'family'",
                f"{upto(PLACE, latest=True)} WHERE t.place = ANY(:places) GROUP BY t.family",
                _summed(COUNTED),
                key="t.family",
            ),
            _part(
                "'month'",
                f"""{PLACE.name}_months t
                WHERE t.place = ANY(:places) AND t.family = {SERVICES} AND t.month < {_MONTH} GROUP BY t.month""",
                _summed(LINE),
                month="t.month",
            ),
            _part(
                "'place'",
                f"{upto(PLACE, latest=True)} WHERE t.place = ANY(:parts) AND t.family = {SERVICES} GROUP BY t.place",
                _summed(LINE),
                key="t.place",
            ),
            _part(
                "CASE GROUPING(t.theme) WHEN 0 THEN 'theme' ELSE 'level' END",
                f"""{upto(REGION, latest=True)} WHERE t.region = ANY(:places) AND t.family = {SERVICES}
                GROUP BY GROUPING SETS ((t.theme), (t.level))""",
                _summed(LINE),
                key="coalesce(t.theme, t.level)",
            ),
            _part("'reach'", _OF_REACH, {name: f"coalesce({name}, 0)" for name in _REACH}),
        )
    )
)
"""Everything in one statement, which is a snapshot of its own: each row says what it is a part of."""


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


async def summed(connection: Connection, of: Responsible, code: str | None, moment: Moment) -> Summed:
    """Everything, or one region or country."""
    places, day = of.countries if code is None else [code], moment.as_of
    parts = of.parts(code, day)
    found = await at_once(connection, _ALL, places=places, parts=parts, day=day)
    agree(found[0]["stamp"], of.stamp)
    lines: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in found:
        lines[row["part"]].append(row)
    families = {row["key"]: row for row in lines["family"]}
    counted = _counts(families.get(str(SERVICES)), _share(of, places, day))
    (reach,) = lines["reach"]
    everywhere, somewhere, concerned = reach["everywhere"], reach["somewhere"], reach["concerned"] - reach["ruled_out"]
    by_place = {row["key"]: row for row in lines["place"]}
    return Summed(
        counts=counted,
        components=_counts(families.get(str(COMPONENTS)), _share(of, places, day, COMPONENTS)),
        reach=Reach(
            everywhere=everywhere, somewhere=somewhere - everywhere, nowhere=concerned - somewhere, of=concerned
        ),
        reporting=Reporting(reporting=reach["reporting"], of=sum(of.authorities(place, day) for place in places)),
        themes=_cut(of.by_theme(places, day), lines["theme"], THEMES),
        levels=_cut(of.by_level(places, day), lines["level"], LEVELS),
        parts=[
            line(place, of.titles.get(place) or titled(place), of.total(place, day).responsible, by_place.get(place))
            for place in parts
        ],
        trend=trends.points(
            moment,
            sorted(lines["month"], key=itemgetter("month")),
            counted,
            partial(of.countable, tuple(places)),
            RESPONSIBILITIES,
        ),
        position=found[0]["position"],
    )


def _share(of: Responsible, places: Sequence[str], day: date, family: int = SERVICES) -> Share:
    shares = [of.total(place, day, family) for place in places]
    return Share(sum(one.responsible for one in shares), sum(one.people for one in shares))


def _counts(row: asyncpg.Record | None, share: Share) -> Counts:
    counted = {} if row is None else {name: row[name] for name in COUNTED}
    return Counts(responsible=share.responsible, people=share.people, **counted)


def _cut(
    responsible: Mapping[str, int], counted: Sequence[asyncpg.Record], names: dict[str, dict[str, str]]
) -> list[Part]:
    """The same cells by theme, or by level."""
    by_key = {row["key"]: row for row in counted}
    return [line(key, named(names, key), number, by_key.get(key)) for key, number in sorted(responsible.items())]
