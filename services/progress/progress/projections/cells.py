"""The cells of one municipality: what it is responsible for itself, and what others deliver there.

Others are whoever was assigned to serve it, else its association, district, Land and the federation, nearest first. Nothing is
fanned out when statuses change: the few authorities above are looked up when somebody asks.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec

from events.log.connect import Connection
from progress.domain.classes import SERVICES
from progress.domain.figures import Counts, counts
from progress.domain.measures import MEASURES, bit
from progress.facts.recordings import BASES, PHASES, REASONS
from progress.projections.moment import Moment, rows

Which = Literal["all", "recorded", "online", "compliant", "not_assessed", "in_work", "excluded", "not_recorded"]


class MunicipalityRef(msgspec.Struct, frozen=True, kw_only=True):
    """A municipality by id and name."""

    id: str
    name: str


class ServiceRef(msgspec.Struct, frozen=True, kw_only=True):
    """A service by key and title."""

    key: str
    title: str


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded status, with the event behind it."""

    phase: str
    online: bool
    compliant: bool
    model: str | None
    level: int | None
    reason: str | None
    solution: str | None
    online_url: str | None
    expected_live_on: date | None
    effective_on: date
    recorded_on: date
    confirmed_on: date | None
    basis: str
    basis_url: str | None
    event: int
    """The position of the event in the catalog's feed: `/api/catalog/v1/events?after=<position - 1>&limit=1`."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One service in one municipality; `status` is null where nothing is recorded."""

    service: ServiceRef
    theme: str
    level: str
    bundle: str | None
    countable: bool
    own: bool
    delivered_by: MunicipalityRef
    status: Stand | None


_OVERRIDDEN: Final = """(SELECT authority, service, sum(weight) AS weight FROM overrides
    WHERE from_on <= :day AND :day < until AND known_from <= :known AND :known < known_until
    AND authority = ANY(ARRAY(SELECT id FROM me UNION SELECT id FROM above)) GROUP BY authority, service)"""

STATE_AT: Final = """e.effective_on <= :day AND :day < e.until AND e.recorded_on <= :known"""
"""Whether a row `e` of recordings speaks of `:day` and was known at `:known`; of those, the highest position holds."""

PAIRS: Final = f"""
    me AS (SELECT * FROM authorities WHERE id = :authority AND since <= :day AND :day < gone_on),
    above AS (
        SELECT a.id, a.levels, a.country, coalesce(array_position(me.parents, a.key), 99) AS place
        FROM me JOIN authorities a ON a.key = ANY(me.parents) OR (a.levels & 32 <> 0 AND a.country = me.country)
        WHERE a.id <> me.id AND a.since <= :day AND :day < a.gone_on
    ),
    active AS (SELECT * FROM services WHERE since <= :day AND :day < withdrawn_on),
    overridden AS {_OVERRIDDEN},
    own AS (
        SELECT s.id AS service, me.id AS provider
        FROM me CROSS JOIN active s LEFT JOIN overridden o ON o.authority = me.id AND o.service = s.id
        WHERE (me.levels & s.delivered_by <> 0 AND me.country = s.country)::int + coalesce(o.weight, 0) = 1
    ),
    serving AS (
        SELECT DISTINCT ON (x.service) x.service, x.provider
        FROM me
        JOIN assignments x ON (x.members @> ARRAY[me.id] OR x.region IN (me.region, me.country)) AND x.provider <> me.id
        JOIN active s ON s.id = x.service
        WHERE x.active AND x.effective_on <= :day AND x.recorded_on <= :known
          AND (x.region IS NULL OR me.levels & s.delivered_by <> 0)
          AND NOT EXISTS (
              SELECT FROM assignments later
              WHERE later.service = x.service AND later.provider = x.provider AND later.position > x.position
                AND later.effective_on <= :day AND later.recorded_on <= :known)
        ORDER BY x.service, (x.members IS NULL), x.effective_on DESC, x.position DESC
    ),
    by_default AS (
        SELECT DISTINCT ON (s.id) s.id AS service, b.id AS provider
        FROM above b JOIN active s ON b.levels & s.delivered_by <> 0 AND b.country = s.country
        LEFT JOIN overridden o ON o.authority = b.id AND o.service = s.id
        WHERE coalesce(o.weight, 0) = 0 ORDER BY s.id, b.place
    ),
    pairs AS (
        SELECT service, provider, true AS own FROM own
        UNION ALL
        SELECT service, coalesce(v.provider, d.provider), false
        FROM serving v FULL JOIN by_default d USING (service)
        WHERE NOT EXISTS (SELECT FROM own WHERE own.service = coalesce(v.service, d.service))
    ),
    states AS (
        SELECT DISTINCT ON (e.authority, e.service) e.*
        FROM pairs p JOIN recordings e ON e.authority = p.provider AND e.service = p.service
        WHERE {STATE_AT} ORDER BY e.authority, e.service, e.position DESC
    )
"""  # noqa: S608 - composed of our own constants
_JOINED: Final = """
    FROM pairs p JOIN services s ON s.id = p.service
    LEFT JOIN states r ON r.authority = p.provider AND r.service = p.service AND r.bits IS NOT NULL
"""
_COUNTED: Final = ", ".join(f"count(*) FILTER (WHERE r.bits & {bit(name)} <> 0) AS {name}" for name in MEASURES)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Cells of one family, theme and bundle, own or inherited."""

    family: int
    theme: str
    bundle: str | None
    own: bool
    counts: Counts


async def grouped(connection: Connection, authority: int, moment: Moment) -> list[Group]:
    """All cells, summed up."""
    found = await rows(
        connection,
        f"""WITH {PAIRS} SELECT s.family, s.theme, s.bundle, p.own, count(*) AS responsible, {_COUNTED} {_JOINED}
            GROUP BY 1, 2, 3, 4""",
        authority=authority,
        **moment.parameters,
    )
    return [
        Group(family=row["family"], theme=row["theme"], bundle=row["bundle"], own=row["own"], counts=counts(row))
        for row in found
    ]


_WHICH: Final[dict[str, str]] = {"all": "true", "not_recorded": "r.bits IS NULL"} | {
    name: f"r.bits & {bit(name)} <> 0" for name in MEASURES
}


async def listed(
    connection: Connection,
    authority: int,
    moment: Moment,
    *,
    which: Which = "all",
    own: bool | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Cell]:
    """The single cells by theme and key, a page at a time: those that a figure counted, or all."""
    theme, key = after or (None, None)
    found = await rows(
        connection,
        f"""WITH {PAIRS}
            SELECT s.key, s.title, s.theme, s.level AS service_level, s.bundle, s.family, p.own, a.key AS provider, a.name AS provider_name,
                   r.*, c.confirmed_on, o.key AS solution_key
            {_JOINED}
            JOIN authorities a ON a.id = p.provider
            LEFT JOIN solutions o ON o.id = r.solution
            LEFT JOIN confirmations c ON c.authority = p.provider AND c.service = p.service AND r.bits IS NOT NULL
                 AND c.confirmed_on >= r.effective_on AND c.confirmed_on <= least(CAST(:day AS date), CAST(:known AS date))
            WHERE ({_WHICH[which]}) AND (CAST(:own AS boolean) IS NULL OR p.own = :own)
              AND (CAST(:theme AS text) IS NULL OR (s.theme, s.key) > (:theme, :key))
            ORDER BY s.theme, s.key LIMIT :limit""",
        authority=authority,
        own=own,
        theme=theme,
        key=key,
        limit=limit,
        **moment.parameters,
    )
    return [
        Cell(
            service=ServiceRef(key=row["key"], title=row["title"]),
            theme=row["theme"],
            level=row["service_level"],
            bundle=row["bundle"],
            countable=row["family"] == SERVICES,
            own=row["own"],
            delivered_by=MunicipalityRef(id=row["provider"], name=row["provider_name"]),
            status=stand(row),
        )
        for row in found
    ]


def stand(row: Any) -> Stand | None:
    """A status from a row that holds the columns of `recordings`, `solution_key` and `confirmed_on`."""
    if row["bits"] is None:
        return None
    return Stand(
        phase=PHASES[row["phase"]],
        online=bool(row["bits"] & bit("online")),
        compliant=bool(row["bits"] & bit("compliant")),
        model=row["model"],
        level=row["level"],
        reason=None if row["reason"] is None else REASONS[row["reason"]],
        solution=row["solution_key"],
        online_url=row["online_url"],
        expected_live_on=row["expected_live_on"],
        effective_on=row["effective_on"],
        recorded_on=row["recorded_on"],
        confirmed_on=row["confirmed_on"],
        basis=BASES[row["basis"]],
        basis_url=row["basis_url"],
        event=row["position"],
    )


def bundles_of(groups: Sequence[Group]) -> dict[str, list[Counts]]:
    """The counts of each bundle's countable services."""
    found: dict[str, list[Counts]] = {}
    for group in groups:
        if group.bundle is not None and group.family == SERVICES:
            found.setdefault(group.bundle, []).append(group.counts)
    return found
