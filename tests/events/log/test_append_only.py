"""Trying to cheat the log."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from events.log import read
from events.log.append import AppendQueue
from tests.events.log.toy import CONTEXT, Say

_COPY = """
INSERT INTO events SELECT {position}, gen_random_uuid(), 'tally/x', {position}, type, topic, time, document
FROM events WHERE position = 1
"""


@pytest.fixture
async def kept(queue: AppendQueue) -> None:
    await queue.append(Say("a", times=3), CONTEXT)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "cheat",
    [
        "UPDATE events SET time = now()",
        "UPDATE events SET document = '' WHERE position = 2",
        "DELETE FROM events WHERE position = 3",
        "DELETE FROM events WHERE false",
        "TRUNCATE events",
        "TRUNCATE events CASCADE",
        _COPY.format(position=5),
        _COPY.format(position=0),
        _COPY.format(position=3),
        "WITH moved AS (UPDATE heads SET position = 9) " + _COPY.format(position=5),
        "MERGE INTO events USING (SELECT 1) AS one ON position = 1 WHEN MATCHED THEN DELETE",
    ],
)
async def test_what_is_said_cannot_be_changed_nor_its_order(database: AsyncEngine, cheat: str) -> None:
    async with database.connect() as connection:
        before = await read.page(connection, 0)
    with pytest.raises(DBAPIError, match=r"append-only|do not follow|duplicate key"):
        async with database.begin() as connection:
            await connection.execute(sa.text(cheat))
    async with database.connect() as connection:
        assert await read.page(connection, 0) == before
        assert await read.head(connection) == 3
