"""The counters: signed sums per dimension, by month, and by day and day of recording.

`<name>_days` holds the sums by day and by when they were recorded, which answers `known_at`. `<name>_months` holds them by
month, whenever recorded: a question about what is known now adds up whole months and at most 31 days of another table,
however many statuses there are. That is `<name>_days` where a key has few of them a day; where it has many, every day has
as many rows as there were days of recording, so there `<name>_dates` holds the sums by day alone.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting.contributions import COUNTED, PEOPLE
from progress.domain.measures import MEASURES


class Counter(NamedTuple):
    """One dimension. `keys` are its columns and where they come from in `source`, `measures` what it sums.

    `dense`: its keys are so few that much happens to each of them every day.
    """

    name: str
    keys: dict[str, str]
    source: str
    measures: Sequence[str]
    dense: bool = False

    @property
    def columns(self) -> str:
        return ", ".join(self.keys)

    @property
    def by_day(self) -> str:
        """The table that holds the sums of the days of a month, whenever recorded."""
        return f"{self.name}_dates" if self.dense else f"{self.name}_days"


_REGIONS: Final = "(m.region), (NULLIF(m.country, m.region))"
_PEERS: Final = "('peer:' || m.peer_group || '@' || m.country)"


def _each(*places: str) -> str:
    """Every contribution once for each of its places."""
    return f"moves m CROSS JOIN LATERAL (VALUES {', '.join(places)}) place (key) WHERE place.key IS NOT NULL"


PLACE: Final = Counter(
    "place_counts", {"place": "place.key", "family": "m.family"}, _each(_REGIONS, "(m.district)"), COUNTED, dense=True
)
REGION: Final = Counter(
    "region_counts",
    {"region": "place.key", "family": "m.family", "theme": "m.theme", "level": "m.level"},
    _each(_REGIONS),
    COUNTED,
    dense=True,
)
AUTHORITY: Final = Counter("authority_counts", {"authority": "m.authority", "family": "m.family"}, "moves m", MEASURES)
SERVICE: Final = Counter(
    "service_counts", {"service": "m.service", "place": "place.key"}, _each(_REGIONS, _PEERS), COUNTED
)
SOLUTION: Final = Counter(
    "solution_counts",
    {"solution": "m.solution", "service": "m.service", "place": "place.key"},
    f"{_each(_REGIONS, _PEERS)} AND m.solution IS NOT NULL",
    ("live", "online"),
)
"""Places are regions, countries, districts (by the key of their authority) and `peer:<group>@<country>`."""

COUNTERS: Final = (PLACE, REGION, AUTHORITY, SERVICE, SOLUTION)

TYPES: Final = {
    "place": "text",
    "region": "text",
    "family": "smallint",
    "theme": "text",
    "level": "text",
    "authority": "integer",
    "service": "integer",
    "solution": "integer",
}


def peer_place(group: int, country: str) -> str:
    """The place of all comparable municipalities of a country."""
    return f"peer:{group}@{country}"


class Table(NamedTuple):
    """One of a counter's tables: its name, its key, what it sums, and the query over `moves` that makes the sums."""

    name: str
    key: str
    types: str
    measures: Sequence[str]
    sums: str

    def sums_of(self, moves: str) -> str:
        """The same query over another relation of that shape."""
        return self.sums.replace("moves m", f"{moves} m")


def _table(counter: Counter, name: str, times: dict[str, str]) -> Table:
    keys = ", ".join([*counter.keys.values(), *times.values()])
    sums = ", ".join(f"sum(m.{measure})" for measure in counter.measures)
    anything = " OR ".join(f"sum(m.{measure}) <> 0" for measure in counter.measures)
    return Table(
        name,
        ", ".join([*counter.keys, *times]),
        ", ".join(
            [*(f"{key} {TYPES[key]} NOT NULL" for key in counter.keys), *(f"{key} date NOT NULL" for key in times)]
        ),
        counter.measures,
        f"SELECT {keys}, {sums} FROM {counter.source} GROUP BY {keys} HAVING {anything}",  # noqa: S608 - our own constants
    )


def tables_of(counter: Counter) -> Iterator[Table]:
    """All tables of a counter; the last one, from which the others can be summed, by day and day of recording."""
    yield _table(counter, f"{counter.name}_months", {"month": "date_trunc('month', m.day)::date"})
    if counter.dense:
        yield _table(counter, counter.by_day, {"day": "m.day"})
    yield _table(counter, f"{counter.name}_days", {"day": "m.day", "known": "m.known"})


def from_days(counter: Counter, table: Table) -> str:
    """The rows of another of its tables, summed from those by day and day of recording."""
    time = "date_trunc('month', day)::date" if table.name.endswith("_months") else "day"
    sums = [f"sum({measure})" for measure in counter.measures]
    return (
        f"SELECT {counter.columns}, {time}, {', '.join(sums)} FROM {counter.name}_days"  # noqa: S608 - our own constants
        f" GROUP BY {counter.columns}, {time} HAVING {' OR '.join(f'{one} <> 0' for one in sums)}"
    )


COUNTER_TABLES: Final = [table for counter in COUNTERS for table in tables_of(counter)]


def create(table: Table) -> str:
    """What creates the table."""
    counts = ", ".join(f"{name} {'bigint' if name in PEOPLE else 'integer'} NOT NULL" for name in table.measures)
    return f"CREATE TABLE {table.name} ({table.types}, {counts}, PRIMARY KEY ({table.key})) WITH (fillfactor = 85)"


def upsert(table: Table, sums: str) -> str:
    """An INSERT that adds such sums to what is there."""
    added = ", ".join(f"{name} = t.{name} + EXCLUDED.{name}" for name in table.measures)
    return f"""
    INSERT INTO {table.name} AS t ({table.key}, {", ".join(table.measures)}) {sums}
    ON CONFLICT ({table.key}) DO UPDATE SET {added}
    """


def adding(moves: str) -> str:
    """Parts of a WITH that add what is in such a relation to every counter: one statement instead of a dozen answers."""
    return ", ".join(f"to_{table.name} AS ({upsert(table, table.sums_of(moves))})" for table in COUNTER_TABLES)


_ADD: Final = text(f"WITH {adding('moves')} SELECT 1")


async def add_moves(connection: AsyncConnection) -> None:
    """Add what is in `moves` to every counter."""
    await connection.execute(_ADD)


def upto(counter: Counter, *, latest: bool) -> str:
    """A table `t` whose rows add up to the counts on `:day`: all that is known, or what was recorded by `:known`."""
    columns = ", ".join([*counter.keys, *counter.measures])
    if not latest:
        return f"(SELECT {columns} FROM {counter.name}_days WHERE day <= :day AND known <= :known) t"  # noqa: S608 - our own constants
    month = "date_trunc('month', CAST(:day AS date))::date"
    return f"""(SELECT {columns} FROM {counter.name}_months WHERE month < {month}
                UNION ALL
                SELECT {columns} FROM {counter.by_day} WHERE day >= {month} AND day <= :day) t"""  # noqa: S608 - our own constants
