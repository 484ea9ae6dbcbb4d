"""How a figure developed: the last days of 24 months and the day itself, from the monthly sums."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec

from events.log.connect import Connection
from progress.counting.counters import AUTHORITY, PLACE, REGION, SERVICE, Counter, upto
from progress.counting.denominators import OVER_TIME
from progress.domain.classes import SERVICES
from progress.domain.figures import Counts, Figure, counts, total
from progress.projections.moment import Moment, month_ends, rows
from progress.projections.parts import figures

LINE: Final = ("recorded", "online", "compliant", "excluded")
"""What a point of a trend and a line of a breakdown are made of."""
_SUMS: Final = ", ".join(f"sum(t.{name}) AS {name}" for name in LINE)


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The figures on an earlier day, as known at the answer's `known_at`."""

    as_of: date
    online: Figure
    compliant: Figure


_OF_AUTHORITY: Final = f"""
    SELECT p.day, count(*) AS responsible
    FROM unnest(CAST(:days AS date[])) p (day)
    JOIN authorities a ON a.id = :authority AND a.since <= p.day AND p.day < a.gone_on
    JOIN services s ON s.family = {SERVICES} AND s.since <= p.day AND p.day < s.withdrawn_on
    WHERE (a.levels & s.delivered_by <> 0 AND a.country = s.country)::int
          + coalesce((SELECT sum(o.weight) FROM overrides o
                      WHERE o.authority = a.id AND o.service = s.id AND o.from_on <= p.day AND p.day < o.until
                        AND o.known_from <= :known AND :known < o.known_until), 0) = 1
    GROUP BY p.day
"""  # noqa: S608 - composed of our own constants
_OF_SERVICE: Final = """
    SELECT day, sum(responsible)::bigint AS responsible FROM (
        SELECT p.day, a.authorities AS responsible
        FROM unnest(CAST(:days AS date[])) p (day)
        JOIN services s ON s.id = :service AND s.since <= p.day AND p.day < s.withdrawn_on
        JOIN authority_groups a ON a.country = s.country AND a.levels & s.delivered_by <> 0
             AND a.since <= p.day AND p.day < a.gone_on
        UNION ALL
        SELECT p.day, o.weight
        FROM unnest(CAST(:days AS date[])) p (day)
        JOIN override_groups o ON o.service = :service AND o.from_on <= p.day AND p.day < o.until
             AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY day
"""


def points(
    moment: Moment, months: Sequence[asyncpg.Record], now: Counts, responsible: Callable[[date], int], unit: str
) -> list[TrendPoint]:
    """From what each month added to `recorded`, `online`, `compliant` and `excluded`; `now` is the last point."""
    *earlier, last = month_ends(moment.as_of)
    found, at = [], 0
    sums = dict.fromkeys(LINE, 0)
    for day in earlier:
        while at < len(months) and months[at]["month"] <= day:
            for name in LINE:
                sums[name] += months[at][name]
            at += 1
        online, compliant = figures(responsible(day), sums, unit)
        found.append(TrendPoint(as_of=day, online=online, compliant=compliant))
    online, compliant = figures(now.responsible, {name: getattr(now, name) for name in LINE}, unit)
    return [*found, TrendPoint(as_of=last, online=online, compliant=compliant)]


async def of_regions(
    connection: Connection, regions: Sequence[str], moment: Moment, theme: str | None = None
) -> list[TrendPoint]:
    """The development in these regions, of everything or of one theme."""
    asked: dict[str, Any] = {"regions": list(regions), "theme": theme}
    of = await _responsible(connection, OVER_TIME, moment, asked)
    chosen = (
        f"t.family = {SERVICES} AND t.region = ANY(:regions) AND (CAST(:theme AS text) IS NULL OR t.theme = :theme)"
    )
    return _points(of, await _counted(connection, REGION, chosen, moment, asked), moment, "responsibilities")


async def of_authority(connection: Connection, authority: int, moment: Moment) -> list[TrendPoint]:
    """The development of one municipality's own countable services."""
    asked: dict[str, Any] = {"authority": authority}
    of = await _responsible(connection, _OF_AUTHORITY, moment, asked)
    chosen = f"t.family = {SERVICES} AND t.authority = :authority"
    return _points(of, await _counted(connection, AUTHORITY, chosen, moment, asked), moment, "services")


async def of_place(
    connection: Connection, place: str, moment: Moment, responsible: Callable[[date], int]
) -> list[TrendPoint]:
    """The development in a district, by the key of its authority; `responsible` counts what is countable there on a day."""
    chosen = f"t.family = {SERVICES} AND t.place = :place"
    of = {day: responsible(day) for day in month_ends(moment.as_of)}
    return _points(of, await _counted(connection, PLACE, chosen, moment, {"place": place}), moment, "responsibilities")


async def of_service(connection: Connection, service: int, moment: Moment) -> list[TrendPoint]:
    """The development of one service everywhere."""
    asked: dict[str, Any] = {"service": service}
    of = await _responsible(connection, _OF_SERVICE, moment, asked)
    chosen = "t.service = :service AND t.place = (SELECT country FROM services WHERE id = :service)"
    return _points(of, await _counted(connection, SERVICE, chosen, moment, asked), moment, "municipalities")


async def _responsible(connection: Connection, query: str, moment: Moment, asked: dict[str, Any]) -> dict[date, int]:
    found = await rows(connection, query, days=month_ends(moment.as_of), known=moment.known_at, **asked)
    return {row["day"]: row["responsible"] for row in found}


async def _counted(
    connection: Connection, counter: Counter, chosen: str, moment: Moment, asked: dict[str, Any]
) -> dict[date, Counts]:
    """The counts on each of the days: whole months added up, and the last day on its own."""
    if moment.latest:
        monthly = f"SELECT t.month, {_SUMS} FROM {counter.name}_months t WHERE {chosen} GROUP BY 1 ORDER BY 1"  # noqa: S608 - our own constants
    else:
        monthly = f"""SELECT date_trunc('month', t.day)::date AS month, {_SUMS} FROM {counter.name}_days t
                      WHERE {chosen} AND t.known <= :known GROUP BY 1 ORDER BY 1"""  # noqa: S608 - our own constants
    months = [(row["month"], counts(row)) for row in await rows(connection, monthly, known=moment.known_at, **asked)]
    last = f"SELECT {_SUMS} FROM {upto(counter, latest=moment.latest)} WHERE {chosen}"  # noqa: S608 - our own constants
    (today,) = await rows(connection, last, **asked, **moment.parameters)
    found = {moment.as_of: counts(today)}
    for day in month_ends(moment.as_of)[:-1]:
        found[day] = total(counted for month, counted in months if month <= day)
    return found


def _points(of: Mapping[date, int], counted: Mapping[date, Counts], moment: Moment, unit: str) -> list[TrendPoint]:
    found = []
    for day in month_ends(moment.as_of):
        one = msgspec.structs.replace(counted[day], responsible=of.get(day, 0))
        found.append(TrendPoint(as_of=day, online=one.figure("online", unit), compliant=one.figure("compliant", unit)))
    return found
