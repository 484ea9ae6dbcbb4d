"""The first start says the reference data to the log; the second says nothing."""

import time

import asyncpg

from tests.harness.postgres import Databases
from tests.situations.germany import a_first_start, reference_loaded

_EVENTS = 12_262 + 203 + 78 + 14


async def test_the_first_start_takes_seconds_and_the_second_adds_nothing(make_database: Databases) -> None:
    url = make_database()
    begin = time.monotonic()
    await a_first_start(url)
    assert time.monotonic() - begin < 30
    assert await reference_loaded(url) == 0
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT type, count(*) AS events FROM events GROUP BY type")
        assert {row["type"]: row["events"] for row in rows} == {
            "ozg.catalog.municipality-registered.v1": 12_262,
            "ozg.catalog.service-listed.v1": 217,
            "ozg.catalog.bundle-listed.v1": 78,
        }
        assert await connection.fetchval("SELECT max(position) FROM events") == _EVENTS
        assert await connection.fetchval("SELECT count(*) FROM municipalities") == 12_262
        assert await connection.fetchval("SELECT count(DISTINCT basis ->> 'kind') FROM municipalities") == 1
    finally:
        await connection.close()
