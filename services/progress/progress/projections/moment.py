"""When a question is asked: the day it is about, and what was known by then."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log.connect import Connection

_STATE: Final = """SELECT (SELECT stamp FROM versions) AS stamp,
                         (SELECT coalesce(min(position), 0) FROM followers) AS position"""
_PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)")


class Moment(NamedTuple):
    """`as_of` is the day in the world, `known_at` the day of knowledge; `latest`: everything known counts."""

    as_of: date
    known_at: date
    latest: bool

    @property
    def parameters(self) -> dict[str, date]:
        return {"day": self.as_of, "known": self.known_at}


class NeedsSnapshot(Exception):
    """More is asked than one statement says, or of another state than what is in memory: to be asked again in a snapshot."""


class Unknown(LookupError):
    """There is no such thing; `kind` is what was asked for, `key` what was not found."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"{kind} {key}")
        self.kind = kind
        self.key = key


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer says: the two days, the last event that is in it, and whether it rests on demonstration data."""

    as_of: date
    known_at: date
    position: int
    demonstration: bool = False


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """A snapshot on one of the engine's connections, for whoever asks now and then; the web app has `Readers`."""
    async with engine.connect() as kept:
        await kept.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        await kept.execute(text("SELECT"))
        driver: Connection = (await kept.get_raw_connection()).driver_connection  # type: ignore[assignment]
        yield driver


class Snapshot(NamedTuple):
    """In which state it is: its catalogue's stamp, which no rebuild ever repeats, and its last event."""

    stamp: UUID | None
    position: int


async def snapshot(connection: Connection) -> Snapshot:
    """What everything that this snapshot answers depends on, beside the question and the day."""
    return Snapshot(*(await connection.fetch(_STATE))[0])


def with_state(query: str) -> str:
    """The same query, in a row at least, and before each of its rows the state that all of them are of."""
    return f"SELECT * FROM ({_STATE}) s LEFT JOIN ({query}) q ON true"  # noqa: S608 - composed of our own constants


def in_snapshot(connection: Connection) -> None:
    """Raises NeedsSnapshot unless what is asked one after the other is answered from the same state."""
    if not connection.is_in_transaction():
        raise NeedsSnapshot


def agree(one: Any, other: Any) -> None:
    """Raises NeedsSnapshot if these two, which should be of one state, are not. In a snapshot they are."""
    if one != other:
        raise NeedsSnapshot


async def position(connection: Connection) -> int:
    """The last event that this snapshot contains."""
    found: int | None = await connection.fetchval("SELECT min(position) FROM followers")
    return found or 0


async def rows(connection: Connection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The answer to one query, by column."""
    return [dict(row) for row in await records(connection, query, **parameters)]


async def row(connection: Connection, query: str, **parameters: Any) -> Any | None:
    """The only row, its columns as attributes; or None."""
    found = await records(connection, query, **parameters)
    return SimpleNamespace(**found[0]) if found else None


async def records(connection: Connection, query: str, **parameters: Any) -> list[asyncpg.Record]:
    """The answer to one query of several as the driver gives it, which costs least. Raises NeedsSnapshot outside one."""
    in_snapshot(connection)
    return await at_once(connection, query, **parameters)


async def at_once(connection: Connection, query: str, **parameters: Any) -> list[asyncpg.Record]:
    """The answer to a query which says itself of what state it is: outside a snapshot others may be of another."""
    numbered, names = _numbered(query)
    return await connection.fetch(numbered, *[parameters[name] for name in names])


@lru_cache(maxsize=1024)
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """The query with `$1` for the first named parameter and so on, and their names."""
    names = tuple(dict.fromkeys(_PARAMETER.findall(query)))
    return _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", query), names


@lru_cache(maxsize=1024)
def month_ends(as_of: date, months: int = 24) -> Sequence[date]:
    """The last days of the months before, oldest first, and the day itself."""
    ends = [as_of]
    for _ in range(months):
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return tuple(ends[::-1])
