"""Who reports: since when, as known now, anything countable is recorded of an authority, and how many do so in a place.

Whoever reports is responsible for something on that day, by default or by assignment: only such cells are counted.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from events.log.connect import Connection
from progress.domain.classes import SERVICES

_KEYS: Final = {"reporting_days": ("day", "c.day"), "reporting_months": ("month", "date_trunc('month', c.day)::date")}

TABLES: Final = (
    """CREATE TABLE reporters (
        authority integer NOT NULL, from_on date NOT NULL, until date NOT NULL, PRIMARY KEY (authority, from_on))""",
    *(
        f"""CREATE TABLE {table} (
        place text NOT NULL, {key} date NOT NULL, authorities integer NOT NULL, PRIMARY KEY (place, {key}))"""
        for table, (key, _) in _KEYS.items()
    ),
)

_CHANGES: Final = f"""
    SELECT k.since AS day, c.recorded + c.excluded AS cells FROM authority_counts_months c
    WHERE c.authority = k.authority AND c.family = {SERVICES} AND c.month < date_trunc('month', k.since)::date
    UNION ALL
    SELECT greatest(c.day, k.since), c.recorded + c.excluded FROM authority_counts_days c
    WHERE c.authority = k.authority AND c.family = {SERVICES} AND c.day >= date_trunc('month', k.since)::date
"""  # noqa: S608 - composed of our own constants


def _steps(keys: str, more: str = "") -> str:
    """A SELECT of `authority, day, reports` for the rows of `keys` (authority, since)."""
    cells = f"SELECT k.authority, c.day, c.cells FROM {keys} k CROSS JOIN LATERAL ({_CHANGES}) c {more}"  # noqa: S608 - our own constants
    return f"""
    SELECT authority, day, sum(sum(cells)) OVER (PARTITION BY authority ORDER BY day) > 0 AS reports
    FROM ({cells}) c GROUP BY authority, day
    """  # noqa: S608 - composed of our own constants


def _spans(source: str) -> str:
    """A SELECT shaped like `reporters` of the steps in `source` (authority, day, reports) that change anything."""
    return f"""
    SELECT authority, day AS from_on, until FROM (
        SELECT authority, day, reports, lead(day, 1, 'infinity') OVER w AS until FROM (
            SELECT *, lag(reports, 1, false) OVER w AS last FROM {source} WINDOW w AS (PARTITION BY authority ORDER BY day)
        ) s WHERE reports <> last WINDOW w AS (PARTITION BY authority ORDER BY day)
    ) s WHERE reports
    """  # noqa: S608 - composed of our own constants


_ALL: Final = "(SELECT DISTINCT authority, '-infinity'::date AS since FROM authority_counts_days)"
EVERYBODY: Final = _spans(f"({_steps(_ALL)}) s")
"""The whole of `reporters`."""


def _sums(table: str, source: str) -> str:
    return f"""
    SELECT place.key, {_KEYS[table][1]}, sum(c.sign)
    FROM {source} e
    JOIN authorities a ON a.id = e.authority
    CROSS JOIN LATERAL (SELECT a.region UNION SELECT a.country) place (key)
    CROSS JOIN LATERAL (VALUES (e.from_on, e.sign), (e.until, -e.sign)) c (day, sign)
    WHERE c.day < 'infinity'
    GROUP BY 1, 2 HAVING sum(c.sign) <> 0
    """  # noqa: S608 - composed of our own constants


def recount(table: str) -> str:
    """The whole table, from `reporters`."""
    return _sums(table, "(SELECT *, 1 AS sign FROM reporters)")


def _adding(source: str) -> str:
    return ", ".join(
        f"to_{table} AS (INSERT INTO {table} AS t {_sums(table, source)}"
        f" ON CONFLICT (place, {key}) DO UPDATE SET authorities = t.authorities + EXCLUDED.authorities)"
        for table, (key, _) in _KEYS.items()
    )


def _renewing(keys: str, more: str = "") -> str:
    """Parts of a WITH that look at these keys (authority, since) from those days on, after these further changes."""
    going_on = f"""(
        SELECT authority, from_on AS day, true AS reports FROM reporters_before WHERE from_on < since
        UNION ALL {_steps("reporting", more)}
    ) u"""  # noqa: S608 - composed of our own constants
    return f"""
    reporting AS MATERIALIZED ({keys}), reporters_before AS MATERIALIZED (
        SELECT r.*, k.since FROM reporting k JOIN reporters r ON r.authority = k.authority AND r.until >= k.since
    ), reporters_changed AS MATERIALIZED (
        SELECT authority, from_on, until, sum(sign) AS sign FROM (
            SELECT authority, from_on, until, -1 AS sign FROM reporters_before
            UNION ALL SELECT authority, from_on, until, 1 FROM ({_spans(going_on)}) after
        ) u GROUP BY 1, 2, 3 HAVING sum(sign) <> 0
    ), reporters_gone AS (
        DELETE FROM reporters r USING reporters_changed b
        WHERE b.sign < 0 AND (r.authority, r.from_on) = (b.authority, b.from_on) AND NOT EXISTS (
            SELECT FROM reporters_changed a WHERE a.sign > 0 AND (a.authority, a.from_on) = (b.authority, b.from_on))
    ), reporters_put AS (
        INSERT INTO reporters AS r SELECT authority, from_on, until FROM reporters_changed WHERE sign > 0
        ON CONFLICT (authority, from_on) DO UPDATE SET until = EXCLUDED.until
    ), {_adding("reporters_changed")}
    """  # noqa: S608 - composed of our own constants


_BEGUN: Final = "SELECT authority, min(day) AS since FROM begun GROUP BY 1"


def renewing_moved(moves: str) -> str:
    """The same for what such a relation adds to the counters in the very same statement, which does not see that yet."""
    return f"""
    begun AS MATERIALIZED (
        SELECT authority, day, sum(recorded + excluded) AS cells FROM {moves} WHERE family = {SERVICES}
        GROUP BY 1, 2 HAVING sum(recorded + excluded) <> 0
    ), {_renewing(_BEGUN, "UNION ALL SELECT authority, day, cells FROM begun")}
    """  # noqa: S608 - composed of our own constants


_GIVEN: Final = "SELECT * FROM unnest($1::integer[], $2::date[]) k (authority, since)"
_RENEW: Final = f"WITH {_renewing(_GIVEN)} SELECT 1"
_TAKE_BACK: Final = f"""
    WITH changed AS MATERIALIZED (
        DELETE FROM reporters WHERE authority = ANY($1) RETURNING authority, from_on, until, -1 AS sign
    ), {_adding("changed")}
    SELECT 1
"""  # noqa: S608 - composed of our own constants


async def take_back(connection: Connection, authorities: list[int]) -> None:
    """Before these authorities change: forget since when they report, and for which places they counted."""
    if authorities:
        await connection.execute(_TAKE_BACK, authorities)


async def renew(connection: Connection, touched: Mapping[int, date]) -> None:
    """After the counters changed: who reports from each of these days on."""
    if touched:
        await connection.execute(_RENEW, list(touched), list(touched.values()))
