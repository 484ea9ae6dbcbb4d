"""The toggles of a live batch of statuses as parts of its statement (see `bitmaps`, which does the same for any batch).

It leaves `bitmaps` alone: where those would have to change, or new ones are due, the statement must not be `ready`.
"""

from typing import Final

from progress.facts.bitmaps import ENTRY

_CHANGE: Final = "coalesce(f.bits, 0::int2) # coalesce(f.replaced_bits, 0::int2)"
_SIZE: Final = ENTRY.size

TURNED: Final = f"""
    turned AS MATERIALIZED (
        SELECT f.authority, corner.day, f.service, bit_xor({_CHANGE}) AS change
        FROM fresh f CROSS JOIN LATERAL (VALUES (f.effective_on), (f.until)) corner (day)
        WHERE {_CHANGE} <> 0 AND corner.day < 'infinity' GROUP BY 1, 2, 3
    ), turned_days AS MATERIALIZED (
        SELECT n.authority, n.day, n.services, t.services AS before
        FROM (SELECT authority, day, count(*) AS services FROM turned GROUP BY 1, 2) n
        LEFT JOIN LATERAL (SELECT services FROM toggles WHERE authority = n.authority AND day = n.day OFFSET 0) t ON true
    )
"""  # noqa: S608 - our own constants
"""Parts of a WITH: what toggles by the rows of `fresh`, and what is kept of those days."""


def crowded(most: int, often: int) -> str:
    """A SELECT of rows if bitmaps are concerned, which are made so often; the batch has so many statuses at most."""
    return f"""
    SELECT FROM turned_days n
    WHERE (coalesce(length(n.before), 0) / {_SIZE} + n.services) / {often} > coalesce(length(n.before), 0) / {_SIZE} / {often}
       OR EXISTS (SELECT FROM bitmaps b WHERE b.authority = n.authority AND b.day >= n.day)
       OR n.before IS NULL AND EXISTS (
          SELECT FROM toggles t WHERE t.authority = n.authority AND t.day > coalesce(
             (SELECT max(b.day) FROM bitmaps b WHERE b.authority = n.authority), '-infinity')
          OFFSET {max(0, 2 * often - 2 * most)})
    """  # noqa: S608 - our own numbers


def toggling(condition: str) -> str:
    """Parts of a WITH that fold them in, if that holds."""
    return f"""
    entries AS (
        SELECT n.authority, n.day, substr(n.before, {_SIZE} * i + 1, 4) AS service,
               get_byte(n.before, {_SIZE} * i + 4) * 256 + get_byte(n.before, {_SIZE} * i + 5) AS change
        FROM turned_days n CROSS JOIN LATERAL generate_series(0, length(n.before) / {_SIZE} - 1) i
        UNION ALL
        SELECT authority, day, int4send(service), change FROM turned
    ), to_toggles AS (
        INSERT INTO toggles
        SELECT authority, day, coalesce(
                 string_agg(service || int2send(change::int2), ''::bytea ORDER BY service) FILTER (WHERE change <> 0), '')
        FROM (SELECT authority, day, service, bit_xor(change) AS change FROM entries GROUP BY 1, 2, 3) folded
        WHERE {condition} GROUP BY 1, 2
        ON CONFLICT (authority, day) DO UPDATE SET services = EXCLUDED.services
    )
    """  # noqa: S608 - our own constants
