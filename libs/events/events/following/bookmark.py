"""How far a follower is, beside what it did: one row per follower and source, moved in the transaction of the deed."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateTable

Clock = Callable[[], datetime]

metadata = sa.MetaData()

followers = sa.Table(
    "followers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("event_id", sa.Text, nullable=False, server_default=""),
    sa.Column("halted_at", sa.DateTime(timezone=True)),
    sa.Column("halted_reason", sa.Text),
)

skipped = sa.Table(
    "skipped",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

_STEP: Final = """
UPDATE {followers} AS mine SET position = $5, event_id = $6
WHERE name = $1 AND source = $2 AND position = $3 AND event_id = $4 AND halted_reason IS NULL AND NOT EXISTS (
    SELECT FROM {skipped} AS left_out
    WHERE left_out.name = $1 AND left_out.source = $2 AND left_out.position > mine.position
)
"""
_LOOKING: Final = "RETURNING set_config('search_path', coalesce($7, current_setting('search_path')), true)"

POLL_FROM: Final = 0.01
POLL_TO: Final = 0.2


class NotHaltedThere(Exception):
    """Only the event at which a follower halted can be skipped; the message says where it is."""


class Place(NamedTuple):
    """Where a follower is; `skipped` are the positions from there on that it leaves out."""

    position: int
    event_id: str
    halted_reason: str | None
    skipped: frozenset[int]


class Step(NamedTuple):
    """The bookmark's move as a part of a larger statement, which does nothing if the bookmark is not where it was seen.

    `update` has no RETURNING yet, can be restricted further with AND, and refers to `arguments` as the first parameters.
    """

    update: str
    arguments: tuple[object, ...]


def create_tables(connection: sa.Connection) -> None:
    """In the first schema of the search path, for a first migration and for a rebuild."""
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))


async def look_into(connection: AsyncConnection, schema: str | None) -> None:
    """Let this transaction read and write the tables of a schema; extensions live in `public`."""
    if schema is not None:
        await connection.exec_driver_sql(f"SET LOCAL search_path TO {quoted(schema)}, public")


def quoted(schema: str) -> str:
    """A schema's name in SQL."""
    return '"' + schema.replace('"', '""') + '"'


class Bookmark:
    """One follower's place in one source's log."""

    def __init__(self, engine: AsyncEngine, name: str, source: str, schema: str | None, clock: Clock) -> None:
        self.name = name
        self.source = source
        self.schema = schema
        self._engine = engine
        self._clock = clock
        self._mine = (followers.c.name == name) & (followers.c.source == source)
        of_schema = f"{quoted(schema)}." if schema is not None else ""
        self._path = f"{quoted(schema)}, public" if schema is not None else None
        self._step = _STEP.format(followers=f"{of_schema}followers", skipped=f"{of_schema}skipped")
        self._advance = self._step + _LOOKING
        self._skips = sa.select(skipped.c.position).where(
            skipped.c.name == name, skipped.c.source == source, skipped.c.position > followers.c.position
        )

    async def read(self) -> Place:
        """Where it is; the row is made if it is new."""
        async with self._engine.begin() as connection:
            await look_into(connection, self.schema)
            place = await self._select(connection, lock=False)
            if place is not None:
                return place
            await connection.execute(
                insert(followers).values(name=self.name, source=self.source).on_conflict_do_nothing()
            )
            return Place(0, "", None, frozenset())

    async def lock(self, connection: AsyncConnection) -> Place:
        """The same, for the rest of this transaction ours alone."""
        place = await self._select(connection, lock=True)
        if place is None:
            await connection.execute(
                insert(followers).values(name=self.name, source=self.source).on_conflict_do_nothing()
            )
            place = await self._select(connection, lock=True)
        return place or Place(0, "", None, frozenset())

    async def move(self, connection: AsyncConnection, position: int, event_id: str) -> None:
        """In the transaction of the deed."""
        await connection.execute(sa.update(followers).where(self._mine).values(position=position, event_id=event_id))

    async def advance(self, connection: AsyncConnection, place: Place, position: int, event_id: str) -> bool:
        """Look into the schema, lock and move, all at once, if it is where it was seen and nothing is to be left out.

        One round trip instead of four; False means: look, and then decide.
        """
        asked = (*self.step(place, position, event_id).arguments, self._path)
        return (await connection.exec_driver_sql(self._advance, asked)).first() is not None

    def step(self, place: Place, position: int, event_id: str) -> Step:
        """The same for whoever looks into the schema already."""
        return Step(self._step, (self.name, self.source, place.position, place.event_id, position, event_id))

    async def halt(self, position: int, reason: str) -> bool:
        """Stop for everyone; answers False if it is no longer at that position."""
        async with self._engine.begin() as connection:
            await look_into(connection, self.schema)
            done = await connection.execute(
                sa.update(followers)
                .where(self._mine, followers.c.position == position, followers.c.halted_at.is_(None))
                .values(halted_at=self._clock(), halted_reason=reason)
            )
            return done.rowcount == 1

    async def resume(self) -> None:
        """For operators: try again what it halted at."""
        async with self._engine.begin() as connection:
            await look_into(connection, self.schema)
            await connection.execute(sa.update(followers).where(self._mine).values(halted_at=None, halted_reason=None))

    async def skip(self, position: int, reason: str | None = None) -> None:
        """For operators: leave exactly that event out, for ever, and go on. Raises NotHaltedThere."""
        async with self._engine.begin() as connection:
            await look_into(connection, self.schema)
            place = await self.lock(connection)
            if place.halted_reason is None or position != place.position + 1:
                halted = "halted" if place.halted_reason else "not halted"
                raise NotHaltedThere(f"{self.name} is {halted}, and its next event is {place.position + 1}")
            said = f"{reason}; {place.halted_reason}" if reason else place.halted_reason
            await connection.execute(
                insert(skipped).values(
                    name=self.name, source=self.source, position=position, skipped_at=self._clock(), reason=said
                )
            )
            await connection.execute(sa.update(followers).where(self._mine).values(halted_at=None, halted_reason=None))

    async def _select(self, connection: AsyncConnection, *, lock: bool) -> Place | None:
        query = sa.select(
            followers.c.position,
            followers.c.event_id,
            followers.c.halted_reason,
            sa.func.array(self._skips.scalar_subquery()),
        ).where(self._mine)
        row = (await connection.execute(query.with_for_update(of=followers) if lock else query)).one_or_none()
        return None if row is None else Place(row[0], row[1], row[2], frozenset(row[3]))


async def wait_for(
    engine: AsyncEngine,
    name: str,
    position: int,
    within: float,
    *,
    schema: str | None = "live",
    source: str | None = None,
) -> bool:
    """Whether the follower got as far within so many seconds; for `?at_least=`."""
    query = sa.select(sa.func.min(followers.c.position)).where(followers.c.name == name)
    if source is not None:
        query = query.where(followers.c.source == source)
    there = engine.execution_options(schema_translate_map={None: schema})
    clock = asyncio.get_running_loop().time
    deadline, pause = clock() + within, POLL_FROM
    while True:
        async with there.connect() as connection:
            reached = (await connection.execute(query)).scalar_one()
        if reached is not None and reached >= position:
            return True
        if clock() + pause > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, POLL_TO)
