"""When a question is asked: the day it is about, and what was known by then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Moment(NamedTuple):
    """`as_of` is the day in the world, `known_at` the day of knowledge; `latest`: everything known counts."""

    as_of: date
    known_at: date
    latest: bool

    @property
    def parameters(self) -> dict[str, date]:
        return {"day": self.as_of, "known": self.known_at}


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
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One snapshot for a whole answer, so that its figures and its position belong together."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


async def position(connection: AsyncConnection) -> int:
    """The last event that this snapshot contains."""
    found: int | None = (await connection.execute(text("SELECT min(position) FROM followers"))).scalar_one()
    return found or 0


@lru_cache(maxsize=256)
def _text(query: str) -> TextClause:
    return text(query)


async def rows(connection: AsyncConnection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The answer to one query, by column."""
    found = await connection.execute(_text(query), parameters)
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name


async def row(connection: AsyncConnection, query: str, **parameters: Any) -> Row[Any] | None:
    """The only row, or None."""
    return (await connection.execute(_text(query), parameters)).one_or_none()


def month_ends(as_of: date, months: int = 24) -> list[date]:
    """The last days of the months before, oldest first, and the day itself."""
    ends = [as_of]
    for _ in range(months):
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]
