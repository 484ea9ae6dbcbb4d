"""Adding a few contributions to every counter, where what costs is not the rows but each aggregate that is set up.

So there is one aggregate for all: every contribution once for each table that it belongs to, with the keys and measures of all.
"""

from typing import Final

from progress.counting.contributions import COUNTED
from progress.counting.counters import COUNTER_TABLES, COUNTERS, TYPES, Counter, Table, tables_of, upsert

_DAYS: Final = {"month": "date_trunc('month', m.day)::date", "day": "m.day"}
_AS: Final = {"region": "place", "month": "day"}
"""What the columns of some tables are called among all keys."""
_KEYS: Final = ("place", "family", "theme", "level", "authority", "service", "solution")
_NUMBERS: Final = {table.name: number for number, table in enumerate(COUNTER_TABLES)}


def adding(moves: str) -> str:
    """Parts of a WITH that add what is in such a relation to every counter, as `counters.adding` does."""
    each = " UNION ALL ".join(_belonging(counter, moves) for counter in COUNTERS)
    keys = ", ".join(("number", *_KEYS, "day", "known"))
    sums = ", ".join(f"sum({measure}) AS {measure}" for measure in COUNTED)
    anything = " OR ".join(f"sum({measure}) <> 0" for measure in COUNTED)
    query = f"SELECT {keys}, {sums} FROM ({each}) b GROUP BY {keys} HAVING {anything}"  # noqa: S608 - our own constants
    added = ", ".join(f"to_{table.name} AS ({upsert(table, _sums_of(table))})" for table in COUNTER_TABLES)
    return f"sums AS MATERIALIZED ({query}), {added}"


def _belonging(counter: Counter, moves: str) -> str:
    """What each contribution adds to a counter's tables; keys and measures that it does not have are empty."""
    tables = ", ".join(_times(counter, table) for table in tables_of(counter))
    named = {_AS.get(name, name): source for name, source in counter.keys.items()}
    keys = ", ".join(f"{named.get(name, f'NULL::{TYPES[name]}')} AS {name}" for name in _KEYS)
    measures = ", ".join(f"m.{name}" if name in counter.measures else f"0 AS {name}" for name in COUNTED)
    source = counter.source.replace("moves m", f"{moves} m CROSS JOIN LATERAL (VALUES {tables}) t (number, day, known)")
    return f"SELECT t.number, {keys}, t.day, t.known, {measures} FROM {source}"  # noqa: S608 - our own constants


def _times(counter: Counter, table: Table) -> str:
    day, *known = table.key.split(", ")[len(counter.keys) :]
    return f"({_NUMBERS[table.name]}, {_DAYS[day]}, {'m.known' if known else 'NULL::date'})"


def _sums_of(table: Table) -> str:
    columns = (*(_AS.get(name, name) for name in table.key.split(", ")), *table.measures)
    return f"SELECT {', '.join(columns)} FROM sums WHERE number = {_NUMBERS[table.name]}"  # noqa: S608 - our own constants
