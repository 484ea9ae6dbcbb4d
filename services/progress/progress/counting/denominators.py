"""Denominators: how many responsibilities there are, computed from a few hundred group counts instead of cells.

By default a responsibility exists wherever an authority's levels meet a service's level in the same country; overrides
add and take away single ones. The group tables are small and refilled whenever an authority, a service or an override
changed.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

TABLES: Final = (
    """CREATE TABLE authority_groups (
        region text NOT NULL, country text NOT NULL, levels smallint NOT NULL, peer_group integer NOT NULL,
        since date NOT NULL, gone_on date NOT NULL, authorities bigint NOT NULL, inhabitants bigint NOT NULL)""",
    """CREATE TABLE service_groups (
        country text NOT NULL, family smallint NOT NULL, theme text NOT NULL, level text NOT NULL,
        delivered_by smallint NOT NULL, since date NOT NULL, withdrawn_on date NOT NULL, services bigint NOT NULL)""",
    """CREATE TABLE override_groups (
        service integer NOT NULL, region text NOT NULL, country text NOT NULL, peer_group integer NOT NULL,
        from_on date NOT NULL, until date NOT NULL, known_from date NOT NULL, known_until date NOT NULL,
        weight bigint NOT NULL, inhabitants bigint NOT NULL)""",
    "CREATE INDEX override_groups_service ON override_groups (service)",
)

_REFILL: Final = [
    text(statement)
    for statement in (
        "DELETE FROM authority_groups",
        """INSERT INTO authority_groups
           SELECT region, country, levels, peer_group, since, gone_on, count(*), coalesce(sum(inhabitants), 0)
           FROM authorities WHERE since < gone_on GROUP BY 1, 2, 3, 4, 5, 6""",
        "DELETE FROM service_groups",
        """INSERT INTO service_groups
           SELECT country, family, theme, level, delivered_by, since, withdrawn_on, count(*)
           FROM services WHERE since < withdrawn_on GROUP BY 1, 2, 3, 4, 5, 6, 7""",
        "DELETE FROM override_groups",
        """INSERT INTO override_groups
           SELECT o.service, a.region, a.country, a.peer_group, r.from_on, r.until, o.known_from, o.known_until,
                  sum(o.weight), sum(o.weight * coalesce(a.inhabitants, 0)::bigint)
           FROM overrides o
           JOIN authorities a ON a.id = o.authority
           JOIN services s ON s.id = o.service
           CROSS JOIN LATERAL (SELECT greatest(o.from_on, a.since, s.since) AS from_on,
                                      least(o.until, a.gone_on, s.withdrawn_on) AS until) r
           WHERE r.from_on < r.until
           GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
    )
]


async def refill(connection: AsyncConnection) -> None:
    """Count the groups anew."""
    for statement in _REFILL:
        await connection.execute(statement)


BY_THEME_AND_LEVEL: Final = """
    SELECT family, theme, level, sum(responsible)::bigint AS responsible, sum(people)::bigint AS people
    FROM (
        SELECT s.family, s.theme, s.level, s.services * a.authorities AS responsible, s.services * a.inhabitants AS people
        FROM (
            SELECT country, levels, sum(authorities) AS authorities, sum(inhabitants) AS inhabitants
            FROM authority_groups
            WHERE (region = ANY(:regions) OR country = ANY(:regions)) AND since <= :day AND :day < gone_on
            GROUP BY country, levels
        ) a
        JOIN service_groups s ON s.country = a.country AND s.delivered_by & a.levels <> 0
        WHERE s.since <= :day AND :day < s.withdrawn_on
        UNION ALL
        SELECT s.family, s.theme, s.level, o.weight, o.inhabitants
        FROM override_groups o JOIN services s ON s.id = o.service
        WHERE (o.region = ANY(:regions) OR o.country = ANY(:regions))
          AND o.from_on <= :day AND :day < o.until AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY family, theme, level
"""
"""The responsibilities in some regions (`:regions`, codes of regions or countries) on `:day` as known at `:known`."""

BY_REGION: Final = """
    SELECT region, sum(responsible)::bigint AS responsible, sum(people)::bigint AS people
    FROM (
        SELECT a.region, s.services * a.authorities AS responsible, s.services * a.inhabitants AS people
        FROM (
            SELECT region, country, levels, sum(authorities) AS authorities, sum(inhabitants) AS inhabitants
            FROM authority_groups WHERE since <= :day AND :day < gone_on GROUP BY region, country, levels
        ) a
        JOIN (
            SELECT country, delivered_by, sum(services) AS services FROM service_groups
            WHERE family = 0 AND since <= :day AND :day < withdrawn_on
              AND (CAST(:theme AS text) IS NULL OR theme = :theme)
            GROUP BY country, delivered_by
        ) s ON s.country = a.country AND s.delivered_by & a.levels <> 0
        UNION ALL
        SELECT o.region, o.weight, o.inhabitants
        FROM override_groups o JOIN services s ON s.id = o.service
        WHERE s.family = 0 AND (CAST(:theme AS text) IS NULL OR s.theme = :theme)
          AND o.from_on <= :day AND :day < o.until AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY region
"""
"""The responsibilities for counted services of each region, all of them or those of one theme."""

OVER_TIME: Final = """
    SELECT day, sum(responsible)::bigint AS responsible
    FROM (
        SELECT a.day, s.services * a.authorities AS responsible
        FROM (
            SELECT p.day, country, levels, sum(authorities) AS authorities
            FROM authority_groups g JOIN unnest(CAST(:days AS date[])) p (day) ON g.since <= p.day AND p.day < g.gone_on
            WHERE region = ANY(:regions) OR country = ANY(:regions)
            GROUP BY p.day, country, levels
        ) a
        JOIN (
            SELECT p.day, country, delivered_by, sum(services) AS services
            FROM service_groups g JOIN unnest(CAST(:days AS date[])) p (day) ON g.since <= p.day AND p.day < g.withdrawn_on
            WHERE family = 0 AND (CAST(:theme AS text) IS NULL OR theme = :theme)
            GROUP BY p.day, country, delivered_by
        ) s ON s.day = a.day AND s.country = a.country AND s.delivered_by & a.levels <> 0
        UNION ALL
        SELECT p.day, o.weight
        FROM override_groups o
        JOIN services s ON s.id = o.service
        JOIN unnest(CAST(:days AS date[])) p (day) ON o.from_on <= p.day AND p.day < o.until
        WHERE (o.region = ANY(:regions) OR o.country = ANY(:regions))
          AND s.family = 0 AND (CAST(:theme AS text) IS NULL OR s.theme = :theme)
          AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY day
"""
"""The responsibilities for counted services on each of `:days`."""

OF_SERVICES: Final = """
    SELECT service, region, sum(responsible)::bigint AS responsible, sum(people)::bigint AS people
    FROM (
        SELECT s.id AS service, a.region, a.authorities AS responsible, a.inhabitants AS people
        FROM services s
        JOIN (
            SELECT region, country, levels, sum(authorities) AS authorities, sum(inhabitants) AS inhabitants
            FROM authority_groups WHERE since <= :day AND :day < gone_on GROUP BY region, country, levels
        ) a ON a.country = s.country AND a.levels & s.delivered_by <> 0
        WHERE s.id = ANY(:services) AND s.since <= :day AND :day < s.withdrawn_on
        UNION ALL
        SELECT o.service, o.region, o.weight, o.inhabitants
        FROM override_groups o
        WHERE o.service = ANY(:services)
          AND o.from_on <= :day AND :day < o.until AND o.known_from <= :known AND :known < o.known_until
    ) r GROUP BY service, region
"""
"""The responsibilities for each of `:services` in each region."""
