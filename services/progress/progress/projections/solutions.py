"""How far one solution is: where it is open, who uses it, how much of what it could serve it serves."""

from datetime import date
from typing import Any, Final

import msgspec

from events.log.connect import Connection
from progress.domain.figures import Figure, figure
from progress.domain.measures import bit
from progress.projections.cells import STATE_AT, MunicipalityRef
from progress.projections.moment import Answer, Moment, Unknown, position, row, rows


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a solution is open, for whom, from when, on what terms. `until` is the first day on which it is not."""

    region: str
    from_on: date = msgspec.field(name="from")
    until: date | None
    members: list[str] | None
    terms: dict[str, Any]
    event: int


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A municipality that uses the solution, for how many services, and since when."""

    municipality: MunicipalityRef
    region: str
    inhabitants: int | None
    services: list[str]
    online: int
    since: date
    demonstration: bool


class Solution(Answer, frozen=True, kw_only=True):
    """The state of one solution. The figures: of the responsibilities it is open to, those online with it."""

    slug: str
    name: str
    solution: dict[str, Any] | None
    withdrawn_on: date | None
    open: list[Offer]
    later: list[Offer]
    online: Figure
    compliant: Figure
    municipalities: int
    users: list[User]


USERS_SHOWN: Final = 200
_FIND: Final = "SELECT * FROM solutions WHERE key = :key"
_OFFERS: Final = "SELECT * FROM availabilities WHERE solution = :solution AND :day < until ORDER BY region, from_on"
IN_USE: Final = f"""
    SELECT n.authority, r.service, r.bits, r.effective_on
    FROM (SELECT DISTINCT e.authority, e.service FROM recordings e WHERE e.solution = :solution) n
    JOIN LATERAL (
        SELECT e.* FROM recordings e WHERE e.authority = n.authority AND e.service = n.service AND {STATE_AT}
        ORDER BY e.position DESC LIMIT 1
    ) r ON r.solution = :solution
    JOIN authorities a ON a.id = n.authority AND a.since <= :day AND :day < a.gone_on
"""  # noqa: S608 - composed of our own constants
_USERS: Final = f"""
    SELECT a.key, a.name, a.region, a.inhabitants, array_agg(s.key ORDER BY s.key) AS services,
           count(*) FILTER (WHERE u.bits & {bit("online")} <> 0) AS online, min(u.effective_on) AS since,
           bool_or(u.bits & {bit("demonstration")} <> 0) AS demonstration, count(*) OVER () AS municipalities
    FROM ({IN_USE}) u JOIN authorities a ON a.id = u.authority JOIN services s ON s.id = u.service
    WHERE u.bits & {bit("live")} <> 0
    GROUP BY a.id ORDER BY a.inhabitants DESC NULLS LAST, a.key LIMIT {USERS_SHOWN}
"""  # noqa: S608 - composed of our own constants
_WHERE_USED: Final = f"""
    SELECT a.region, count(DISTINCT a.id) AS municipalities
    FROM ({IN_USE.replace(":solution", "(SELECT id FROM solutions WHERE key = :key)")}) u JOIN authorities a ON a.id = u.authority
    WHERE u.bits & {bit("live")} <> 0 GROUP BY a.region
"""  # noqa: S608 - composed of our own constants
_FIGURE: Final = f"""
    WITH open AS (
        SELECT * FROM availabilities WHERE solution = :solution AND from_on <= :day AND :day < until
    ), could AS (
        SELECT a.id AS authority, s.id AS service
        FROM solutions o
        JOIN services s ON o.services @> ARRAY[s.key] AND s.since <= :day AND :day < s.withdrawn_on
        JOIN authorities a ON a.since <= :day AND :day < a.gone_on
        LEFT JOIN LATERAL (
            SELECT sum(v.weight) AS weight FROM overrides v
            WHERE v.authority = a.id AND v.service = s.id AND v.from_on <= :day AND :day < v.until
              AND v.known_from <= :known AND :known < v.known_until) v ON true
        WHERE o.id = :solution AND :day < o.withdrawn_on
          AND (a.levels & s.delivered_by <> 0 AND a.country = s.country)::int + coalesce(v.weight, 0) = 1
          AND EXISTS (SELECT FROM open WHERE (open.region = a.region OR open.region = a.country)
                      AND (open.members IS NULL OR a.key = ANY(open.members)))
    )
    SELECT count(*) AS responsible, count(u.bits) AS recorded,
           count(*) FILTER (WHERE u.bits & {bit("online")} <> 0) AS online,
           count(*) FILTER (WHERE u.bits & {bit("compliant")} <> 0) AS compliant
    FROM could LEFT JOIN ({IN_USE}) u USING (authority, service)
"""  # noqa: S608 - composed of our own constants


async def solution(connection: Connection, slug: str, moment: Moment) -> Solution:
    """One solution. Raises Unknown."""
    found = await row(connection, _FIND, key=slug)
    if found is None:
        raise Unknown("solution", slug)
    offers = await rows(connection, _OFFERS, solution=found.id, day=moment.as_of)
    counted = (await rows(connection, _FIGURE, solution=found.id, **moment.parameters))[0]
    users = await rows(connection, _USERS, solution=found.id, **moment.parameters)
    withdrawn = found.withdrawn_on if found.withdrawn_on <= moment.as_of else None
    still = [] if withdrawn else offers
    return Solution(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=any(one["demonstration"] for one in users) or demonstrated(found.facts),
        slug=found.key,
        name=found.name,
        solution=found.facts and msgspec.json.decode(found.facts),
        withdrawn_on=withdrawn,
        open=[offer(one) for one in still if one["from_on"] <= moment.as_of],
        later=[offer(one) for one in still if one["from_on"] > moment.as_of],
        online=_figure("online", counted),
        compliant=_figure("compliant", counted),
        municipalities=users[0]["municipalities"] if users else 0,
        users=[_user(one) for one in users],
    )


async def users_by_region(connection: Connection, slug: str, moment: Moment) -> dict[str, int]:
    """How many municipalities use it where."""
    found = await rows(connection, _WHERE_USED, key=slug, **moment.parameters)
    return {one["region"]: one["municipalities"] for one in found}


def demonstrated(facts: str | None) -> bool:
    """Whether the solution itself was published for demonstration."""
    return facts is not None and (msgspec.json.decode(facts).get("basis") or {}).get("kind") == "demonstration"


def offer(row: Any) -> Offer:
    """From a row of `availabilities`."""
    return Offer(
        region=row["region"],
        from_on=row["from_on"],
        until=None if row["until"] == date.max else row["until"],
        members=row["members"],
        terms=msgspec.json.decode(row["terms"]),
        event=row["position"],
    )


def _user(one: Any) -> User:
    return User(
        municipality=MunicipalityRef(id=one["key"], name=one["name"]),
        region=one["region"],
        inhabitants=one["inhabitants"],
        services=one["services"],
        online=one["online"],
        since=one["since"],
        demonstration=one["demonstration"],
    )


def _figure(measure: str, row: Any) -> Figure:
    return figure(
        row[measure],
        row["responsible"],
        unit="responsibilities",
        recorded=row["recorded"],
        excluded=0,
        definition=f"{measure}-with-solution@1",
    )
