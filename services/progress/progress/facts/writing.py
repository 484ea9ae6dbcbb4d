"""How rows get in: many at a time, always with one statement."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

FOREVER = date.max
"""The open end of an interval: PostgreSQL's `infinity`, which asyncpg maps to this."""
SINCE_EVER = date.min


class NeverRegistered(LookupError):
    """An event names something that no earlier event introduced. The follower stops; an operator decides."""


def _plain(value: Any) -> Any:
    if value == FOREVER:
        return "infinity"
    return "-infinity" if value == SINCE_EVER else value


async def upsert(connection: AsyncConnection, table: str, key: Sequence[str], rows: Collection[dict[str, Any]]) -> None:
    """Insert or replace rows that all have the same columns."""
    if not rows:
        return
    columns = tuple(next(iter(rows)))
    document = msgspec.json.encode([{name: _plain(value) for name, value in row.items()} for row in rows])
    await connection.execute(_upsert(table, tuple(key), columns), {"rows": document.decode()})


@lru_cache(maxsize=64)
def _upsert(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> TextClause:
    names = ", ".join(columns)
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name not in key)
    return text(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"  # noqa: S608 - our own names
        f" ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")
    )


async def ids(connection: AsyncConnection, table: str, keys: Iterable[str]) -> dict[str, int]:
    """The surrogate keys of those that are known."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    found = await connection.execute(text(f"SELECT key, id FROM {table} WHERE key = ANY(:keys)"), {"keys": wanted})  # noqa: S608 - our own names
    return {row.key: row.id for row in found}


async def next_id(connection: AsyncConnection, table: str) -> int:
    """The first free surrogate key. One follower writes, so ids follow the log's order whatever the batches are."""
    found: int = (await connection.execute(text(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))).scalar_one()  # noqa: S608 - our own names
    return found
