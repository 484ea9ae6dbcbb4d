"""How far one bundle (OZG-Leistung) is: its services together and one by one."""

from typing import Final

import msgspec

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.domain.figures import Counts, Figure, total
from progress.projections import parts
from progress.projections.moment import Answer, Moment, Unknown, position, row, rows
from progress.projections.parts import RESPONSIBILITIES, Part, Reach


class Bundle(Answer, frozen=True, kw_only=True):
    """The state of one bundle. `online_any` and `online_all`: whether any or all of its services are online anywhere."""

    id: str
    title: dict[str, str]
    theme: str
    online: Figure
    compliant: Figure
    counts: Counts
    online_any: bool
    online_all: bool
    compliant_any: bool
    compliant_all: bool
    reach: Reach
    services: list[Part]


_FIND: Final = "SELECT * FROM bundles WHERE id = :id"
_SERVICES: Final = """
    SELECT s.id FROM services s
    WHERE (s.bundle = :id OR s.key = ANY(:keys)) AND s.since <= :day AND :day < s.withdrawn_on
"""
_COUNTRIES: Final = "SELECT DISTINCT country FROM authority_groups ORDER BY 1"


async def bundle(connection: Connection, id: str, moment: Moment) -> Bundle:  # noqa: A002 - what it is called
    """One bundle. Raises Unknown."""
    found = await row(connection, _FIND, id=id)
    if found is None:
        raise Unknown("bundle", id)
    ids = [one["id"] for one in await rows(connection, _SERVICES, id=id, keys=list(found.services), day=moment.as_of)]
    countries = [one["country"] for one in await rows(connection, _COUNTRIES)]
    services = await parts.by_service(connection, ids, moment, countries)
    countable = [one for one in services if one.family == SERVICES]
    sums = total(one.counts for one in countable)
    return Bundle(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=sums.demonstration > 0,
        id=found.id,
        title=msgspec.json.decode(found.titles, type=dict[str, str]),
        theme=found.theme,
        online=sums.figure("online", RESPONSIBILITIES),
        compliant=sums.figure("compliant", RESPONSIBILITIES),
        counts=sums,
        online_any=any(one.counts.online for one in countable),
        online_all=bool(countable) and all(one.counts.online for one in countable),
        compliant_any=any(one.counts.compliant for one in countable),
        compliant_all=bool(countable) and all(one.counts.compliant for one in countable),
        reach=parts.reach(countable),
        services=[parts.part(one.key, {"de": one.title}, one.counts, "municipalities") for one in services],
    )
