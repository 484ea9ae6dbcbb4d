"""A log to relay and to follow, written without the append queue."""

import os
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from events.bus.subjects import about, topic
from events.contracts import envelope
from events.contracts.catalog import MunicipalityCounted
from events.contracts.parts import SELF, Fact, MunicipalityRef
from events.contracts.registry import type_of
from events.log import tables

SPEAKER = "catalog"
SOURCE = f"//test/{SPEAKER}"
TOWNS = ("ars:147130000000", "ars:145110000000", "ars:010010000000")


async def make_log(url: str) -> None:
    """What a service's first migration does."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))

    def create(connection: Connection) -> None:
        tables.create_log(connection, SPEAKER)

    async with engine.begin() as connection:
        await connection.run_sync(create)
    await engine.dispose()


def counted(number: int) -> MunicipalityCounted:
    """A small true event: one of three towns has so many inhabitants."""
    town = MunicipalityRef(id=TOWNS[number % 3], name=f"Town {number % 3}", levels=("commune",), region="DE-SN")
    return MunicipalityCounted(municipality=town, inhabitants=number, inhabitants_on=date(2026, 1, 1), basis=SELF)


def document(position: int, data: Fact, identity: str | None = None) -> bytes:
    """An event as it is kept."""
    event_type = type_of(data)
    return envelope.encode(
        id=identity or str(new_id()),
        source=SOURCE,
        type=event_type.wire,
        dataschema=event_type.dataschema,
        subject=about(data),
        time=datetime(2026, 11, 1, tzinfo=UTC),
        position=position,
        actor="ars:147130000000/editor/x",
        correlationid=None,
        traceparent=None,
        data=data,
    )


class ALog:
    """Appends one after the other; `cut` and `rewrite` do what a restored backup does."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def say(self, count: int = 1, facts: Iterable[Fact] | None = None) -> int:
        """Append; answers the new head."""
        connection = await asyncpg.connect(self.url, timeout=5, command_timeout=5)
        try:
            async with connection.transaction():
                head: int = await connection.fetchval("SELECT position FROM heads FOR UPDATE")
                said = (
                    list(facts)
                    if facts is not None
                    else [counted(9_999 + head + number) for number in range(1, count + 1)]
                )
                rows = [_row(position, data) for position, data in enumerate(said, head + 1)]
                await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))
                await connection.execute("SELECT pg_notify($1, '')", tables.channel(SPEAKER))
            return head + len(said)
        finally:
            connection.terminate()

    async def cut(self, after: int) -> None:
        """As if a backup were restored that ends there."""
        connection = await asyncpg.connect(self.url)
        try:
            async with connection.transaction():
                await connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
                await connection.execute("DELETE FROM events WHERE position > $1", after)
                await connection.execute("UPDATE heads SET position = $1", after)
                await connection.execute("ALTER TABLE events ENABLE TRIGGER USER")
        finally:
            await connection.close()

    async def head(self) -> int:
        connection = await asyncpg.connect(self.url)
        try:
            position: int = await connection.fetchval("SELECT position FROM heads")
            return position
        finally:
            await connection.close()

    async def documents(self, after: int = 0, limit: int | None = None) -> list[bytes]:
        connection = await asyncpg.connect(self.url)
        try:
            rows = await connection.fetch(
                "SELECT document FROM events WHERE position > $1 ORDER BY position LIMIT $2", after, limit
            )
            return [row["document"] for row in rows]
        finally:
            await connection.close()


def new_id() -> uuid.UUID:
    """A UUIDv7, which this Python cannot make yet."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    number = bytearray(stamp + os.urandom(10))
    number[6] = number[6] & 0x0F | 0x70
    number[8] = number[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(number))


def _row(position: int, data: Fact) -> tuple[object, ...]:
    identity = new_id()
    said = document(position, data, str(identity))
    return position, identity, f"s/{position}", 1, type_of(data).wire, topic(data), datetime.now(UTC), said


_INSERT = """
INSERT INTO events (position, id, stream, version, type, topic, time, document)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[])
"""
