"""How a figure developed: the last days of 24 months and the day itself, from the monthly sums."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting.counters import AUTHORITY, REGION, SERVICE
from progress.counting.denominators import OVER_TIME
from progress.domain.classes import SERVICES
from progress.domain.figures import Figure, counts
from progress.projections.moment import Moment, month_ends, rows

_SUMS: Final = ", ".join(f"sum(t.{name}) AS {name}" for name in ("recorded", "online", "compliant", "excluded"))


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The figures on an earlier day, as known at the answer's `known_at`."""

    as_of: date
    online: Figure
    compliant: Figure


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


async def of_regions(
    connection: AsyncConnection, regions: Sequence[str], moment: Moment, theme: str | None = None
) -> list[TrendPoint]:
    """The last days of 24 months and the day itself."""
    days = month_ends(moment.as_of)
    parameters: dict[str, Any] = {"regions": list(regions), "theme": theme, "known": moment.known_at, "days": days}
    of = {row["day"]: row["responsible"] for row in await rows(connection, OVER_TIME, **parameters)}
    table, condition = _to_months(REGION.name, moment)
    monthly = await rows(
        connection,
        f"""SELECT p.day, {_SUMS}
            FROM unnest(CAST(:days AS date[])) p (day) JOIN {table} ON {condition}
            WHERE t.family = {SERVICES} AND t.region = ANY(:regions)
              AND (CAST(:theme AS text) IS NULL OR t.theme = :theme)
            GROUP BY p.day""",  # noqa: S608 - composed of our own constants
        **parameters,
    )
    return points(days, of, {row["day"]: row for row in monthly}, "responsibilities")


def points(
    days: Sequence[date], of: Mapping[date, int], counted: Mapping[date, Mapping[str, Any]], unit: str
) -> list[TrendPoint]:
    """A point per day; a day without counts is one on which nothing was recorded."""
    found = []
    for day in days:
        one = counts({**counted.get(day, {}), "responsible": of.get(day, 0)})
        found.append(TrendPoint(as_of=day, online=one.figure("online", unit), compliant=one.figure("compliant", unit)))
    return found


def _to_months(name: str, moment: Moment) -> tuple[str, str]:
    """As `upto`, for each of the days `p.day`, and with `:known` where it matters."""
    if not moment.latest:
        return f"{name}_known t", "t.day <= p.day AND t.known <= :known"
    month = "date_trunc('month', p.day)::date"
    # On a month's last day whole months suffice; only the answer's own day needs single days.
    whole = "p.day = (date_trunc('month', p.day) + interval '1 month - 1 day')::date"
    return (
        f"{name}_days t",
        f"""((t.grain = 'm' AND (t.day < {month} OR (t.day = {month} AND {whole})))
             OR (t.grain = 'd' AND NOT {whole} AND t.day >= {month} AND t.day <= p.day))""",
    )


async def of_authority(connection: AsyncConnection, authority: int, moment: Moment) -> list[TrendPoint]:
    """The development of one municipality's own countable services."""
    days = month_ends(moment.as_of)
    table, condition = _to_months(AUTHORITY.name, moment)
    parameters: dict[str, Any] = {"authority": authority, "days": days, "known": moment.known_at}
    of = await rows(
        connection,
        f"""SELECT p.day, count(*) AS responsible
            FROM unnest(CAST(:days AS date[])) p (day)
            JOIN authorities a ON a.id = :authority AND a.since <= p.day AND p.day < a.gone_on
            JOIN services s ON s.family = {SERVICES} AND s.since <= p.day AND p.day < s.withdrawn_on
            WHERE (CASE WHEN a.levels & s.delivered_by <> 0 AND a.country = s.country THEN 1 ELSE 0 END
                   + coalesce((SELECT sum(o.weight) FROM overrides o
                               WHERE o.authority = a.id AND o.service = s.id AND o.from_on <= p.day AND p.day < o.until
                                 AND o.known_from <= :known AND :known < o.known_until), 0)) = 1
            GROUP BY p.day""",  # noqa: S608 - composed of our own constants
        **parameters,
    )
    counted = await rows(
        connection,
        f"""SELECT p.day, {_SUMS}
            FROM unnest(CAST(:days AS date[])) p (day) JOIN {table} ON {condition}
            WHERE t.family = {SERVICES} AND t.authority = :authority GROUP BY p.day""",  # noqa: S608 - composed of our own constants
        **parameters,
    )
    return points(
        days, {row["day"]: row["responsible"] for row in of}, {row["day"]: row for row in counted}, "services"
    )


async def of_service(connection: AsyncConnection, service: int, moment: Moment) -> list[TrendPoint]:
    """The development of one service everywhere."""
    days = month_ends(moment.as_of)
    table, condition = _to_months(SERVICE.name, moment)
    parameters: dict[str, Any] = {"service": service, "days": days}
    of = await rows(connection, _OF_SERVICE, known=moment.known_at, **parameters)
    counted = await rows(
        connection,
        f"""SELECT p.day, {_SUMS}
            FROM unnest(CAST(:days AS date[])) p (day) JOIN {table} ON {condition}
            JOIN services s ON s.id = t.service AND s.country = t.region
            WHERE t.service = :service GROUP BY p.day""",  # noqa: S608 - composed of our own constants
        **parameters,
        **({} if moment.latest else {"known": moment.known_at}),
    )
    responsible = {row["day"]: row["responsible"] for row in of}
    return points(days, responsible, {row["day"]: row for row in counted}, "municipalities")
