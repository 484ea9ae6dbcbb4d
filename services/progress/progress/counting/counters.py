"""The counters: signed sums per dimension, by month and by day, and by day and day of recording.

`<name>_days` holds the same sums at two grains, months and days, so that any date costs some months and at most 31 days
per key, whatever the number of statuses. `<name>_known` holds them by day and by when they were recorded, for `known_at`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting.contributions import COUNTED


class Counter(NamedTuple):
    """One dimension. `keys` are its columns and types; `source` says where they come from in `moves m`."""

    name: str
    keys: dict[str, str]
    source: str
    bitemporal: bool = True
    """Whether `known_at` can be asked of it."""

    @property
    def columns(self) -> str:
        return ", ".join(self.keys)


_BOTH = "moves m CROSS JOIN LATERAL (SELECT m.region UNION SELECT m.country) place (key)"

REGION: Final = Counter(
    "region_counts",
    {"region": "place.key", "family": "m.family", "theme": "m.theme", "level": "m.level"},
    _BOTH,
)
AUTHORITY: Final = Counter("authority_counts", {"authority": "m.authority", "family": "m.family"}, "moves m")
SERVICE: Final = Counter("service_counts", {"region": "place.key", "service": "m.service"}, _BOTH)
PEER: Final = Counter(
    "peer_counts", {"peer_group": "m.peer_group", "service": "m.service"}, "moves m", bitemporal=False
)

COUNTERS: Final = (REGION, AUTHORITY, SERVICE, PEER)

_TYPES = {
    "region": "text",
    "family": "smallint",
    "theme": "text",
    "level": "text",
    "authority": "integer",
    "service": "integer",
    "peer_group": "integer",
}
_SUMS = ", ".join(f"sum(m.{name})" for name in COUNTED)
_ANYTHING = " OR ".join(f"sum(m.{name}) <> 0" for name in COUNTED)
_NAMES = ", ".join(COUNTED)
_ADDED = ", ".join(f"{name} = t.{name} + EXCLUDED.{name}" for name in COUNTED)


def tables(counter: Counter) -> Sequence[str]:
    """What creates the counter's tables."""
    keys = ", ".join(f"{name} {_TYPES[name]} NOT NULL" for name in counter.keys)
    counts = ", ".join(f"{name} bigint NOT NULL" for name in COUNTED)
    days = (
        f"CREATE TABLE {counter.name}_days ({keys}, grain char NOT NULL, day date NOT NULL, {counts},"
        f" PRIMARY KEY ({counter.columns}, grain, day)) WITH (fillfactor = 80)"
    )
    known = (
        f"CREATE TABLE {counter.name}_known ({keys}, day date NOT NULL, known date NOT NULL, {counts},"
        f" PRIMARY KEY ({counter.columns}, day, known)) WITH (fillfactor = 80)"
    )
    return (days, known) if counter.bitemporal else (days,)


class Table(NamedTuple):
    """One of a counter's tables: its name, its key, and the query over `moves` whose sums it holds."""

    name: str
    key: str
    sums: str


def _days(counter: Counter) -> Table:
    keys = ", ".join(counter.keys.values())
    sums = f"""
    SELECT {keys}, g.grain, date_trunc(g.unit, m.day)::date, {_SUMS}
    FROM {counter.source} CROSS JOIN (VALUES ('m', 'month'), ('d', 'day')) g (grain, unit)
    GROUP BY {keys}, g.grain, date_trunc(g.unit, m.day)::date HAVING {_ANYTHING}
    """  # noqa: S608 - composed of our own constants
    return Table(f"{counter.name}_days", f"{counter.columns}, grain, day", sums)


def _known(counter: Counter) -> Table:
    keys = ", ".join(counter.keys.values())
    sums = f"""
    SELECT {keys}, m.day, m.known, {_SUMS} FROM {counter.source}
    GROUP BY {keys}, m.day, m.known HAVING {_ANYTHING}
    """  # noqa: S608 - composed of our own constants
    return Table(f"{counter.name}_known", f"{counter.columns}, day, known", sums)


COUNTER_TABLES: Final = [
    *(_days(counter) for counter in COUNTERS),
    *(_known(counter) for counter in COUNTERS if counter.bitemporal),
]


def _add(table: Table) -> str:
    return f"""
    INSERT INTO {table.name} AS t ({table.key}, {_NAMES}) {table.sums}
    ON CONFLICT ({table.key}) DO UPDATE SET {_ADDED}
    """


_ADD: Final = [text(_add(table)) for table in COUNTER_TABLES]


async def add_moves(connection: AsyncConnection) -> None:
    """Add what is in `moves` to every counter."""
    for statement in _ADD:
        await connection.execute(statement)


def upto(counter: Counter, alias: str = "t", *, known: bool) -> tuple[str, str]:
    """Table and condition for the sum up to `:day` (and, if asked, to what was recorded by `:known`)."""
    if known:
        return f"{counter.name}_known {alias}", f"({alias}.day <= :day AND {alias}.known <= :known)"
    month = "date_trunc('month', CAST(:day AS date))::date"
    months = f"({alias}.grain = 'm' AND {alias}.day < {month})"
    days = f"({alias}.grain = 'd' AND {alias}.day >= {month} AND {alias}.day <= :day)"
    return f"{counter.name}_days {alias}", f"({months} OR {days})"
