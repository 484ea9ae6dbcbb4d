"""The districts of a region and the municipalities in it, each with its own figures."""

from typing import Final

from events.log.connect import Connection
from progress.counting.counters import AUTHORITY, upto
from progress.domain.classes import SERVICES
from progress.domain.figures import counts
from progress.projections.moment import Moment, rows
from progress.projections.parts import Part, part

_MEASURES: Final = AUTHORITY.measures
_SUMS: Final = ", ".join(f"sum(t.{name})::bigint AS {name}" for name in _MEASURES)
_NAMES: Final = ", ".join(f"c.{name}" for name in _MEASURES)

_RESPONSIBLE: Final = f"""
    SELECT place, sum(responsible)::bigint AS responsible, sum(people)::bigint AS people FROM (
        SELECT m.place, s.services * m.authorities AS responsible, s.services * m.inhabitants AS people
        FROM (SELECT place, country, levels, count(*) AS authorities, coalesce(sum(inhabitants), 0) AS inhabitants
              FROM member GROUP BY 1, 2, 3) m
        JOIN (SELECT country, delivered_by, sum(services) AS services FROM service_groups
              WHERE family = {SERVICES} AND since <= :day AND :day < withdrawn_on GROUP BY 1, 2) s
          ON s.country = m.country AND s.delivered_by & m.levels <> 0
        UNION ALL
        SELECT m.place, o.weight, o.weight * coalesce(m.inhabitants, 0)::bigint
        FROM member m
        JOIN overrides o ON o.authority = m.id
        JOIN services s ON s.id = o.service AND s.family = {SERVICES} AND s.since <= :day AND :day < s.withdrawn_on
        WHERE o.from_on <= :day AND :day < o.until AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY place
"""  # noqa: S608 - composed of our own constants


def _figures(members: str, moment: Moment) -> str:
    """Per place of the members (`id, place, levels, country, inhabitants`): responsibilities and counts."""
    table = upto(AUTHORITY, latest=moment.latest)
    return f"""WITH member AS ({members}), responsible AS ({_RESPONSIBLE}), counted AS (
            SELECT m.place, {_SUMS} FROM member m JOIN {table} ON t.authority = m.id
            WHERE t.family = {SERVICES} GROUP BY m.place
        )
        SELECT a.id, a.key, a.name, r.responsible, r.people, {_NAMES}
        FROM responsible r JOIN authorities a ON a.id = r.place LEFT JOIN counted c USING (place)
        ORDER BY a.name, a.key"""  # noqa: S608 - composed of our own constants


async def of_districts(connection: Connection, region: str | None, moment: Moment) -> list[Part]:
    """Each district of a region, or of all, with all municipalities in it, by name."""
    members = """SELECT id, district AS place, levels, country, inhabitants FROM authorities
        WHERE (CAST(:region AS text) IS NULL OR region = :region) AND since <= :day AND :day < gone_on AND district IS NOT NULL"""
    found = await rows(connection, _figures(members, moment), region=region, **moment.parameters)
    return [part(row["key"], {"de": row["name"], "en": row["name"]}, counts(row)) for row in found]


async def of_municipalities(
    connection: Connection, region: str, moment: Moment, after: tuple[str, str] | None, limit: int
) -> list[Part]:
    """The municipalities of a region by name, a page at a time; those responsible for nothing countable are left out."""
    members = """SELECT id, id AS place, levels, country, inhabitants FROM authorities
        WHERE (region = :region OR country = :region) AND since <= :day AND :day < gone_on
          AND (CAST(:name AS text) IS NULL OR (name, key) > (:name, :key))
          AND levels & (SELECT coalesce(bit_or(delivered_by), 0::smallint) FROM service_groups WHERE family = 0) <> 0
        ORDER BY name, key LIMIT :limit"""
    name, key = after or (None, None)
    found = await rows(
        connection, _figures(members, moment), region=region, name=name, key=key, limit=limit, **moment.parameters
    )
    return [part(row["key"], {"de": row["name"], "en": row["name"]}, counts(row), "services") for row in found]
