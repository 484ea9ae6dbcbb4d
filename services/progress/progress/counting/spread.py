"""How far each service reaches in each place, as a step function over the days, as known now.

A step says whether it is online somewhere, everywhere (flächendeckend), with most of those who could have it; and whether
all who are responsible for it ruled it out. The steps are a pure function of `service_counts` and of who is responsible; one
text says which, for the few services and places that a batch touches and for all of them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from events.log.connect import Connection
from progress.counting import reach
from progress.counting.places import PLACES

SOMEWHERE, EVERYWHERE, MOST, RULED_OUT = 1, 2, 4, 8

WIDESPREAD: Final = (
    f"CREATE INDEX spread_most ON spread (place, from_on) INCLUDE (until, service) WHERE flags & {MOST} <> 0"
)
"""What most have is a few services out of thousands, so it is found without looking at the others."""

TABLES: Final = (
    """CREATE TABLE spread (
        service integer NOT NULL, place text NOT NULL, from_on date NOT NULL, until date NOT NULL, flags smallint NOT NULL,
        PRIMARY KEY (place, service, from_on))""",
    "CREATE INDEX spread_service ON spread (service)",
    WIDESPREAD,
)

Key = tuple[int, str]
"""A service and a place."""

_CHANGES: Final = (
    (
        "k.since AS day, c.online, c.excluded, 0 AS responsible",
        "service_counts_months c",
        "c.service = k.service AND c.place = k.place AND c.month < date_trunc('month', k.since)::date",
    ),
    (
        "greatest(c.day, k.since), c.online, c.excluded, 0",
        "service_counts_days c",
        "c.service = k.service AND c.place = k.place AND c.day >= date_trunc('month', k.since)::date",
    ),
    (
        "greatest(l.day, s.since, k.since), 0, 0, l.authorities",
        "place_levels l",
        "l.place = k.place AND l.country = s.country AND l.levels & s.delivered_by <> 0 AND l.day < s.withdrawn_on",
    ),
    (
        "greatest(corner.day, k.since), 0, 0, corner.weight",
        "override_groups o CROSS JOIN LATERAL (VALUES (o.from_on, o.weight), (o.until, -o.weight)) corner (day, weight)",
        """o.service = k.service AND o.known_until = 'infinity' AND corner.day < 'infinity'
           AND k.place IN (o.region, o.country, 'peer:' || o.peer_group || '@' || o.country)""",
    ),
    ("greatest(s.withdrawn_on, k.since), 0, 0, 0", "(VALUES (1)) once", "s.withdrawn_on < 'infinity'"),
)
"""All that changes for the service `s` and place of `k` from day `k.since` on, what was before gathered on that day: what,
from where, and which of it."""


def _one_by_one(keys: str) -> str:
    """The changes of a few keys, looked up for each."""
    changes = " UNION ALL ".join(f"SELECT {what} FROM {source} WHERE {which}" for what, source, which in _CHANGES)  # noqa: S608 - our own constants
    return f"""SELECT k.service, k.place, s.withdrawn_on, c.* FROM {keys} k JOIN services s ON s.id = k.service
               CROSS JOIN LATERAL ({changes}) c"""  # noqa: S608 - our own constants


def _together(keys: str) -> str:
    """The changes of all keys, read together."""
    return " UNION ALL ".join(
        f"SELECT k.service, k.place, s.withdrawn_on, {what} FROM {keys} k JOIN services s ON s.id = k.service, {source} WHERE {which}"  # noqa: S608 - our own constants
        for what, source, which in _CHANGES
    )


def steps(changes: str) -> str:
    """A SELECT of `service, place, day, flags`: what holds from each day on, by these changes."""
    return f"""
    SELECT service, place, day, CASE WHEN day >= withdrawn_on THEN 0 ELSE
           CASE WHEN online > 0 THEN {SOMEWHERE} ELSE 0 END
         + CASE WHEN online > 0 AND online = responsible - excluded THEN {EVERYWHERE} ELSE 0 END
         + CASE WHEN responsible - 1 - excluded > 0 AND 2 * online > responsible - 1 - excluded THEN {MOST} ELSE 0 END
         + CASE WHEN responsible > 0 AND responsible <= excluded THEN {RULED_OUT} ELSE 0 END END AS flags
    FROM (
        SELECT service, place, withdrawn_on, day, sum(sum(online)) OVER w AS online,
               sum(sum(excluded)) OVER w AS excluded, sum(sum(responsible)) OVER w AS responsible
        FROM ({changes}) c GROUP BY service, place, withdrawn_on, day
        WINDOW w AS (PARTITION BY service, place ORDER BY day)
    ) summed
    """  # noqa: S608 - composed of our own constants


def spans(source: str) -> str:
    """A SELECT shaped like `spread` of the steps in `source` (service, place, day, flags) that change anything."""
    return f"""
    SELECT service, place, day AS from_on, until, flags FROM (
        SELECT service, place, day, flags, lead(day, 1, 'infinity') OVER w AS until FROM (
            SELECT *, lag(flags, 1, 0) OVER w AS last FROM {source} WINDOW w AS (PARTITION BY service, place ORDER BY day)
        ) s WHERE flags <> last WINDOW w AS (PARTITION BY service, place ORDER BY day)
    ) s WHERE flags <> 0
    """  # noqa: S608 - composed of our own constants


_ALL: Final = "(SELECT DISTINCT service, place, '-infinity'::date AS since FROM service_counts_days)"
EVERYTHING: Final = f"""
    WITH keys AS MATERIALIZED (SELECT * FROM {_ALL} k)
    SELECT service, place, from_on, until, flags FROM ({spans(f"({steps(_together('keys'))}) s")}) e
"""  # noqa: S608 - composed of our own constants
"""The whole of `spread`."""


def _renewing(keys: str, more: str = "") -> str:
    """Parts of a WITH that look at these keys (service, place, since) from those days on, after these further changes."""
    changes = _one_by_one("reached") + (f" UNION ALL {more}" if more else "")
    going_on = f"""(
        SELECT service, place, from_on AS day, flags FROM spread_before WHERE from_on < since UNION ALL {steps(changes)}
    ) u"""  # noqa: S608 - composed of our own constants
    return f"""
    reached AS MATERIALIZED ({keys}), spread_before AS MATERIALIZED (
        SELECT s.*, k.since FROM reached k JOIN spread s ON s.service = k.service AND s.place = k.place AND s.until >= k.since
    ), spread_changed AS MATERIALIZED (
        SELECT service, place, from_on, until, flags, sum(sign) AS sign FROM (
            SELECT service, place, from_on, until, flags, -1 AS sign FROM spread_before
            UNION ALL SELECT service, place, from_on, until, flags, 1 FROM ({spans(going_on)}) after
        ) u GROUP BY 1, 2, 3, 4, 5 HAVING sum(sign) <> 0
    ), spread_gone AS (
        DELETE FROM spread s USING spread_changed b
        WHERE b.sign < 0 AND (s.service, s.place, s.from_on) = (b.service, b.place, b.from_on) AND NOT EXISTS (
            SELECT FROM spread_changed a WHERE a.sign > 0 AND (a.service, a.place, a.from_on) = (b.service, b.place, b.from_on))
    ), spread_put AS (
        INSERT INTO spread AS s SELECT service, place, from_on, until, flags FROM spread_changed WHERE sign > 0
        ON CONFLICT (place, service, from_on) DO UPDATE SET until = EXCLUDED.until, flags = EXCLUDED.flags
    ), {reach.adding("spread_changed")}
    """  # noqa: S608 - composed of our own constants


_SHIFTED: Final = "SELECT service, place, min(day) AS since FROM shifts GROUP BY 1, 2"


def renewing_moved(moves: str) -> str:
    """The same for what such a relation adds to the counters in the very same statement, which does not see that yet."""
    shifts = f"""
    shifts AS MATERIALIZED (
        SELECT m.service, place.key AS place, m.day, sum(m.online) AS online, sum(m.excluded) AS excluded
        FROM {moves} m CROSS JOIN LATERAL ({PLACES.format("m")}) place (key) WHERE place.key IS NOT NULL
        GROUP BY 1, 2, 3 HAVING sum(m.online) <> 0 OR sum(m.excluded) <> 0
    )"""  # noqa: S608 - composed of our own constants
    more = """
    SELECT h.service, h.place, s.withdrawn_on, h.day, h.online, h.excluded, 0 FROM shifts h JOIN services s ON s.id = h.service
    """
    return f"{shifts}, {_renewing(_SHIFTED, more)}"


_COUNTED: Final = """
    SELECT * FROM unnest($1::integer[], $2::text[], $3::date[]) k (service, place, since)
    WHERE EXISTS (SELECT FROM service_counts_days c WHERE c.service = k.service AND c.place = k.place)
"""
_RENEW: Final = f"WITH {_renewing(_COUNTED)} SELECT 1"
_TAKE_BACK: Final = f"""
    WITH changed AS MATERIALIZED (
        DELETE FROM spread WHERE service = ANY($1) RETURNING service, place, from_on, until, flags, -1 AS sign
    ), {reach.adding("changed")}
    SELECT 1
"""  # noqa: S608 - composed of our own constants
_OF_SERVICES: Final = """
    SELECT DISTINCT s.id AS service, l.place FROM services s CROSS JOIN place_levels l
    WHERE s.id = ANY($1) OR l.place = ANY($2)
"""
_OVERRIDDEN: Final = "SELECT DISTINCT service FROM overrides WHERE authority = ANY($1)"


async def take_back(connection: Connection, services: list[int]) -> None:
    """Before these services change: forget their steps, and what they counted for in their themes."""
    if services:
        await connection.execute(_TAKE_BACK, services)


async def renew(connection: Connection, touched: Mapping[Key, date]) -> None:
    """After the counters changed: what holds from each of these days on."""
    if touched:
        services, places = zip(*touched, strict=True)
        await connection.execute(_RENEW, services, places, list(touched.values()))


async def all_of(connection: Connection, services: set[int], places: list[str]) -> dict[Key, date]:
    """These services everywhere, and everything in these places, from the beginning."""
    found = await connection.fetch(_OF_SERVICES, sorted(services), places)
    return {(row["service"], row["place"]): date.min for row in found}


async def overridden(connection: Connection, authorities: list[int]) -> set[int]:
    """The services for which the responsibility of these authorities is not the default."""
    return {row["service"] for row in await connection.fetch(_OVERRIDDEN, authorities)}
