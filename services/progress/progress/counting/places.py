"""Who is there: per place and kind of authority how many, and how many services concern anyone at all, from day to day.

Both follow from the groups in `denominators` and are compared with what is kept whenever the catalogue changed: only places
where something differs need their reach counted anew.
"""

from typing import Final

from events.log.connect import Connection
from progress.domain.classes import SERVICES

TABLES: Final = (
    """CREATE TABLE place_levels (
        place text NOT NULL, country text NOT NULL, levels smallint NOT NULL, day date NOT NULL, authorities bigint NOT NULL,
        PRIMARY KEY (place, country, levels, day))""",
    """CREATE TABLE concerned (
        place text NOT NULL, theme text NOT NULL, day date NOT NULL, services bigint NOT NULL,
        PRIMARY KEY (place, theme, day))""",
)
"""By how much the numbers change on a day: authorities of such levels; services that some authority there must deliver."""

ALL_THEMES: Final = "*"
PLACES: Final = (
    "VALUES ({0}.region), (NULLIF({0}.country, {0}.region)), ('peer:' || {0}.peer_group || '@' || {0}.country)"
)
"""The places an authority belongs to for a service: its region, its country and its peers there."""

LEVELS: Final = f"""
    SELECT place.key AS place, g.country, g.levels, change.day, sum(change.authorities)::bigint AS authorities
    FROM authority_groups g
    CROSS JOIN LATERAL ({PLACES.format("g")}) place (key)
    CROSS JOIN LATERAL (VALUES (g.since, g.authorities), (g.gone_on, -g.authorities)) change (day, authorities)
    WHERE change.day < 'infinity' AND place.key IS NOT NULL
    GROUP BY 1, 2, 3, 4 HAVING sum(change.authorities) <> 0
"""  # noqa: S608 - composed of our own constants

# By default a service concerns a place while any authority of a fitting level is there; where overrides say otherwise, the
# numbers of those who deliver this very service are added up.
CONCERNED: Final = f"""
    WITH there AS (
        SELECT place.key AS place, g.country, g.levels, range_agg(daterange(g.since, g.gone_on)) AS days
        FROM authority_groups g CROSS JOIN LATERAL (SELECT g.region UNION SELECT g.country) place (key)
        GROUP BY 1, 2, 3
    ), overridden AS (
        SELECT o.service, place.key AS place, o.from_on, o.until, o.weight
        FROM override_groups o CROSS JOIN LATERAL (SELECT o.region UNION SELECT o.country) place (key)
        WHERE o.known_until = 'infinity'
    ), single AS (
        SELECT DISTINCT o.service, o.place, s.theme, s.country, s.delivered_by, s.since, s.withdrawn_on
        FROM overridden o JOIN services s ON s.id = o.service AND s.family = {SERVICES}
    ), usual AS (
        SELECT t.place, g.theme, g.services, range_agg(t.days * datemultirange(daterange(g.since, g.withdrawn_on))) AS days
        FROM service_groups g JOIN there t ON t.country = g.country AND t.levels & g.delivered_by <> 0
        WHERE g.family = {SERVICES}
        GROUP BY t.place, g.theme, g.services, g.country, g.level, g.delivered_by, g.since, g.withdrawn_on
        UNION ALL
        SELECT i.place, i.theme, -1, range_agg(t.days * datemultirange(daterange(i.since, i.withdrawn_on)))
        FROM single i JOIN there t ON t.place = i.place AND t.country = i.country AND t.levels & i.delivered_by <> 0
        WHERE i.since < i.withdrawn_on
        GROUP BY i.place, i.theme, i.service
        UNION ALL
        SELECT place, theme, 1, range_agg(daterange(from_on, until)) FROM (
            SELECT place, theme, service, responsible, day AS from_on,
                   lead(day, 1, 'infinity') OVER (PARTITION BY place, service ORDER BY day) AS until
            FROM (
                SELECT i.place, i.theme, i.service, change.day,
                       sum(sum(change.weight)) OVER (PARTITION BY i.place, i.service ORDER BY change.day) AS responsible
                FROM single i CROSS JOIN LATERAL (
                    SELECT greatest(l.day, i.since) AS day, l.authorities AS weight FROM place_levels l
                    WHERE l.place = i.place AND l.country = i.country AND l.levels & i.delivered_by <> 0
                      AND l.day < i.withdrawn_on
                    UNION ALL
                    SELECT i.withdrawn_on, -sum(l.authorities) FROM place_levels l
                    WHERE l.place = i.place AND l.country = i.country AND l.levels & i.delivered_by <> 0
                      AND l.day < i.withdrawn_on AND i.withdrawn_on < 'infinity' AND i.since < i.withdrawn_on
                    UNION ALL
                    SELECT corner.day, corner.weight
                    FROM overridden o CROSS JOIN LATERAL (VALUES (o.from_on, o.weight), (o.until, -o.weight)) corner (day, weight)
                    WHERE o.service = i.service AND o.place = i.place AND corner.day < 'infinity'
                ) change
                WHERE change.weight IS NOT NULL AND i.since < i.withdrawn_on
                GROUP BY i.place, i.theme, i.service, change.day
            ) summed
        ) spans
        WHERE responsible > 0 GROUP BY place, theme, service
    )
    SELECT u.place, theme.key AS theme, change.day, sum(change.services)::bigint AS services
    FROM usual u
    CROSS JOIN LATERAL unnest(u.days) span
    CROSS JOIN LATERAL (VALUES (lower(span), u.services), (upper(span), -u.services)) change (day, services)
    CROSS JOIN LATERAL (VALUES (u.theme), ('{ALL_THEMES}')) theme (key)
    WHERE change.day < 'infinity'
    GROUP BY 1, 2, 3 HAVING sum(change.services) <> 0
"""  # noqa: S608 - composed of our own constants

_RENEW_LEVELS: Final = f"""
    WITH today AS MATERIALIZED ({LEVELS}), gone AS (
        DELETE FROM place_levels k WHERE NOT EXISTS (
            SELECT FROM today t WHERE (t.place, t.country, t.levels, t.day) = (k.place, k.country, k.levels, k.day))
        RETURNING k.place
    ), put AS (
        INSERT INTO place_levels AS k SELECT * FROM today
        ON CONFLICT (place, country, levels, day) DO UPDATE SET authorities = EXCLUDED.authorities
        WHERE k.authorities <> EXCLUDED.authorities
        RETURNING k.place
    )
    SELECT place FROM gone UNION SELECT place FROM put
"""  # noqa: S608 - composed of our own constants


async def renew(connection: Connection) -> list[str]:
    """After the groups were counted anew; the places in which there are other authorities than before."""
    changed = [row["place"] for row in await connection.fetch(_RENEW_LEVELS)]
    await connection.execute("DELETE FROM concerned")
    await connection.execute(f"INSERT INTO concerned {CONCERNED}")
    return changed
