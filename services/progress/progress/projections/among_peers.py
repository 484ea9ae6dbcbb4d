"""How a municipality's peers developed, all of them together: what its own line is compared with."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import asyncpg

from events.log.connect import Connection
from progress.counting.counters import AUTHORITY, upto
from progress.domain.classes import SERVICES
from progress.projections.headline import sums
from progress.projections.moment import Moment, records
from progress.projections.municipalities import Municipality
from progress.projections.standing import Town

_COUNTED: Final = ("online", "excluded")
_PEERS: Final = """SELECT id FROM authorities
    WHERE peer_group = :group AND country = :country AND id <> :authority AND since <= :day AND :day < gone_on"""


def _lines(latest: bool) -> str:
    """Per month what it added, and with no month what there is on the day itself."""
    month, until = ("month", "") if latest else ("date_trunc('month', day)::date", "AND t.known <= :known")
    table = f"{AUTHORITY.name}_months" if latest else f"{AUTHORITY.name}_days"
    when = "month" if latest else "day"
    return f"""
    WITH peers AS MATERIALIZED ({_PEERS})
    SELECT {month} AS month, {sums(_COUNTED)}, 0 AS peers FROM {table} t
    WHERE t.authority IN (SELECT id FROM peers) AND t.family = {SERVICES}
      AND t.{when} < date_trunc('month', CAST(:day AS date)) {until} GROUP BY 1
    UNION ALL
    SELECT NULL, {sums(_COUNTED)}, (SELECT count(*) FROM peers) FROM {upto(AUTHORITY, latest=latest)}
    WHERE t.authority IN (SELECT id FROM peers) AND t.family = {SERVICES}
    ORDER BY 1
    """  # noqa: S608 - composed of our own constants


_LINES: Final = {latest: _lines(latest) for latest in (True, False)}


async def shares(connection: Connection, town: Town, answer: Municipality, moment: Moment) -> Sequence[float | None]:
    """For each point of its trend the share online of its peers' services, who have the same ones by default."""
    found = await records(
        connection,
        _LINES[moment.latest],
        group=town.peer_group,
        country=town.country,
        authority=town.id,
        **moment.parameters,
    )
    *months, now = found
    own = [(point.as_of, point.online.denominator + point.online.excluded) for point in answer.trend]
    line = [_share(_upto(months, day), responsible * now["peers"]) for day, responsible in own[:-1]]
    return [*line, _share((now["online"], now["excluded"]), own[-1][1] * now["peers"])] if own else []


def _upto(months: Sequence[asyncpg.Record], day: date) -> tuple[int, int]:
    there = [row for row in months if row["month"] <= day]
    return sum(row["online"] for row in there), sum(row["excluded"] for row in there)


def _share(counted: tuple[int, int], responsible: int) -> float | None:
    online, excluded = counted
    return online / (responsible - excluded) if responsible > excluded else None
