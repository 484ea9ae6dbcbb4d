"""What became reusable lately."""

from datetime import date
from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.projections.moment import Moment, rows
from progress.projections.solutions import demonstrated


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """A solution that was opened for some regions; `since` is the last day on which one was added."""

    slug: str
    name: str
    since: date
    regions: list[str]
    terms: dict[str, Any]
    kind: str
    services: int
    demonstration: bool


_RECENT: Final = """
    SELECT DISTINCT ON (v.solution) o.key, o.name, o.facts, cardinality(o.services) AS services, v.from_on, v.terms,
           ARRAY(SELECT DISTINCT n.region FROM availabilities n
                 WHERE n.solution = v.solution AND n.from_on <= :day AND :day < n.until ORDER BY 1) AS regions
    FROM availabilities v JOIN solutions o ON o.id = v.solution
    WHERE v.from_on <= :day AND :day < v.until AND :day < o.withdrawn_on
    ORDER BY v.solution, v.from_on DESC, v.position DESC
"""
_LATEST: Final = f"SELECT * FROM ({_RECENT}) r ORDER BY from_on DESC, key LIMIT :limit"  # noqa: S608 - our own constant


async def recent(connection: Connection, moment: Moment, limit: int = 4) -> list[Recent]:
    """Open on that day, the latest opened first."""
    found = await rows(connection, _LATEST, day=moment.as_of, limit=limit)
    return [
        Recent(
            slug=one["key"],
            name=one["name"],
            since=one["from_on"],
            regions=one["regions"],
            terms=msgspec.json.decode(one["terms"]),
            kind=str(msgspec.json.decode(one["facts"] or "{}").get("kind") or ""),
            services=one["services"],
            demonstration=demonstrated(one["facts"]),
        )
        for one in found
    ]
