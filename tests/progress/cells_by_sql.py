"""The cells of a municipality by one query over the facts: what the sets must agree with, slow and plain."""

from typing import Final

from progress.projections.cells import STATE_AT

_OVERRIDDEN: Final = """(SELECT authority, service, sum(weight) AS weight FROM overrides
    WHERE from_on <= :day AND :day < until AND known_from <= :known AND :known < known_until
    AND authority = ANY(ARRAY(SELECT id FROM me UNION SELECT id FROM above)) GROUP BY authority, service)"""

_PAIRS: Final = f"""
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
        WHERE coalesce(o.weight, 0) = 0 ORDER BY s.id, b.place, b.id
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
"""
CELLS: Final = f"""
    WITH {_PAIRS}
    SELECT s.key, s.theme, s.bundle, p.own, a.key AS provider, r.bits, r.position, r.phase
    FROM pairs p
    JOIN services s ON s.id = p.service
    JOIN authorities a ON a.id = p.provider
    LEFT JOIN states r ON r.authority = p.provider AND r.service = p.service AND r.bits IS NOT NULL
    ORDER BY s.theme COLLATE "C", s.key COLLATE "C"
"""
