"""How a municipality's peers developed: the median of those who report, which it is compared with.

Who recorded nothing is not offline, so it is not in the median either; how many are is said beside it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from events.log.connect import Connection
from progress.counting.counters import AUTHORITY
from progress.domain.classes import SERVICES
from progress.projections.moment import Moment, records
from progress.projections.municipalities import Municipality
from progress.projections.standing import Town

_COUNTED: Final = ("recorded", "online", "compliant", "excluded")
_PEERS: Final = """SELECT id FROM authorities
    WHERE peer_group = :group AND country = :country AND id <> :authority AND since <= :day AND :day < gone_on"""
_MONTH: Final = "date_trunc('month', CAST(:day AS date))"
_NAMES: Final = ", ".join(_COUNTED)


def _added(latest: bool) -> str:
    """What each month added, and the days of the month asked."""
    days = f"SELECT authority, family, day, {_NAMES} FROM {AUTHORITY.name}_days WHERE day <= :day"  # noqa: S608 - our own constants
    if not latest:
        return f"{days} AND known <= :known"
    months = f"SELECT authority, family, month AS day, {_NAMES} FROM {AUTHORITY.name}_months WHERE month < {_MONTH}"  # noqa: S608 - our own constants
    return f"{months} UNION ALL {days} AND day >= {_MONTH}"


def _medians(latest: bool) -> str:
    """At each point of a trend, of which there are `points`, the median share; `responsible` are the services at each."""
    place = f"""greatest(1, :points - (extract(year FROM age({_MONTH}, date_trunc('month', t.day))) * 12
                                       + extract(month FROM age({_MONTH}, date_trunc('month', t.day))))::int)"""
    added = ", ".join(f"sum(t.{name}) AS {name}" for name in _COUNTED)
    running = ", ".join(f"sum(coalesce(a.{name}, 0)) OVER upto AS {name}" for name in _COUNTED)
    medians = ", ".join(
        f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {name} / nullif(of - excluded, 0)::float) AS {name}"
        for name in _COUNTED[:3]
    )
    return f"""
    WITH peers AS MATERIALIZED ({_PEERS}),
    added AS (
        SELECT t.authority, {place} AS place, {added} FROM ({_added(latest)}) t
        WHERE t.authority IN (SELECT id FROM peers) AND t.family = {SERVICES} GROUP BY 1, 2
    ), reported AS (
        SELECT p.id, o.place, o.of, {running}
        FROM (SELECT DISTINCT authority AS id FROM added) p
        CROSS JOIN unnest(CAST(:responsible AS integer[])) WITH ORDINALITY o (of, place)
        LEFT JOIN added a ON a.authority = p.id AND a.place = o.place
        WINDOW upto AS (PARTITION BY p.id ORDER BY o.place)
    )
    SELECT place, count(*) AS reporting, {medians} FROM reported WHERE recorded + excluded > 0 GROUP BY place ORDER BY place
    """  # noqa: S608 - composed of our own constants


_MEDIANS: Final = {latest: _medians(latest) for latest in (True, False)}


class Peers(NamedTuple):
    """Of those who report on the last day: how many, and the median shares; `line` is the share online at each point."""

    reporting: int
    online: float | None
    compliant: float | None
    recorded: float | None
    line: Sequence[float | None]


async def medians(connection: Connection, town: Town, answer: Municipality, moment: Moment) -> Peers:
    """For each point of its trend the median of its peers, who have the same services by default."""
    responsible = [point.online.denominator + point.online.excluded for point in answer.trend]
    found = await records(
        connection,
        _MEDIANS[moment.latest],
        group=town.peer_group,
        country=town.country,
        authority=town.id,
        points=len(responsible),
        responsible=responsible,
        **moment.parameters,
    )
    by_place = {row["place"]: row for row in found}
    line = [(by_place[place]["online"] if place in by_place else None) for place in range(1, len(responsible) + 1)]
    last = by_place.get(len(responsible))
    if last is None:
        return Peers(0, None, None, None, line)
    return Peers(last["reporting"], last["online"], last["compliant"], last["recorded"], line)
