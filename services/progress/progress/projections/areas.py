"""What a map shows: every region and every district at once, each with its figures and how many there report at all."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec

from events.log.connect import Connection
from progress.counting.counters import AUTHORITY, PLACE, upto
from progress.domain.classes import SERVICES
from progress.domain.figures import Figure
from progress.projections import trends
from progress.projections.districts import of_districts, of_municipalities
from progress.projections.headline import state, sums
from progress.projections.moment import Moment, records
from progress.projections.parts import Part, Reporting, line
from progress.projections.trends import LINE

ENOUGH: Final = 0.3
"""Where fewer than this share report, a share of all would say more about the reporting than about the services."""

_COUNTED: Final = f"""
    SELECT t.place, {sums(LINE)} FROM {upto(PLACE, latest=True)}
    WHERE t.place = ANY(:places) AND t.family = {SERVICES} GROUP BY 1
"""  # noqa: S608 - composed of our own constants
_REPORTERS: Final = {
    True: "(SELECT authority FROM reporters WHERE from_on <= :day AND :day < until)",
    False: f"""(SELECT authority FROM {upto(AUTHORITY, latest=False)} WHERE t.family = {SERVICES}
                GROUP BY authority HAVING sum(t.recorded + t.excluded) > 0)""",  # noqa: S608 - composed of our own constants
}


def _grouped(reporters: str) -> str:
    """Per region and per district: who is responsible for anything countable by default, and who of them reports."""
    return f"""
    SELECT coalesce(d.key, a.region) AS place, count(*) AS of, count(r.authority) AS reporting
    FROM authorities a LEFT JOIN authorities d ON d.id = a.district LEFT JOIN {reporters} r ON r.authority = a.id
    WHERE a.since <= :day AND :day < a.gone_on
      AND a.levels & (SELECT coalesce(bit_or(delivered_by), 0::smallint) FROM service_groups
                      WHERE family = {SERVICES} AND since <= :day AND :day < withdrawn_on) <> 0
    GROUP BY GROUPING SETS ((a.region), (d.key)) HAVING GROUPING(a.region) = 0 OR d.key IS NOT NULL
    """  # noqa: S608 - composed of our own constants


_REPORTING: Final = {latest: _grouped(reporters) for latest, reporters in _REPORTERS.items()}
_MEMBERS: Final = "SELECT a.key FROM authorities a JOIN authorities d ON d.id = a.district WHERE d.key = :key"
_MOST: Final = 10_000
"""More municipalities than any region has."""
NOBODY: Final = Reporting(reporting=0, of=0)


class Area(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A region or district."""

    key: str
    name: str
    region: str
    online: Figure
    compliant: Figure
    reporting: Reporting

    @property
    def enough(self) -> bool:
        """Whether its share says something."""
        return enough(self.reporting)


def enough(who: Reporting) -> bool:
    """Whether so many report that a share says something."""
    return who.of > 0 and who.reporting >= ENOUGH * who.of


async def districts(connection: Connection, moment: Moment) -> dict[str, Area]:
    """By the key of their authority; those where nobody is responsible for anything countable are left out."""
    known = (await state(connection)).responsible
    there = {one.key: one for one in known.districts if known.lines(one.key, moment.as_of)}
    who = await reporting(connection, moment)
    if moment.latest:
        counted = {
            row["place"]: row for row in await records(connection, _COUNTED, places=list(there), day=moment.as_of)
        }
        lines = [line(key, {}, known.total(key, moment.as_of).responsible, counted.get(key)) for key in there]
    else:
        lines = await of_districts(connection, None, moment)
    return {
        one.key: Area(
            key=one.key,
            name=there[one.key].name,
            region=there[one.key].region,
            online=one.online,
            compliant=one.compliant,
            reporting=who.get(one.key, NOBODY),
        )
        for one in lines
        if one.key in there
    }


async def trend(connection: Connection, district: str, moment: Moment) -> list[trends.TrendPoint]:
    """How a district developed."""
    known = (await state(connection)).responsible
    return await trends.of_place(connection, district, moment, partial(known.countable, (district,)))


async def reporting(connection: Connection, moment: Moment) -> Mapping[str, Reporting]:
    """Of every region and district, by code or key."""
    found = await records(connection, _REPORTING[moment.latest], **moment.parameters)
    return {row["place"]: Reporting(reporting=row["reporting"], of=row["of"]) for row in found}


async def municipalities(connection: Connection, area: Area, moment: Moment) -> list[Part]:
    """Those of a district, by name, each with its own figures."""
    members = await records(connection, _MEMBERS, key=area.key)
    inside = {row["key"] for row in members}
    everyone = await of_municipalities(connection, area.region, moment, None, _MOST)
    return [one for one in everyone if one.key in inside]


__all__ = ["ENOUGH", "NOBODY", "Area", "Reporting", "districts", "enough", "municipalities", "reporting", "trend"]
