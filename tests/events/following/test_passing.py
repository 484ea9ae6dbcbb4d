"""A failure that passes by itself is waited out; every other one halts the follower at its event."""

import asyncio
from collections.abc import Awaitable

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, ProgrammingError

from events.bus.feed import FeedUnavailable
from events.following.passing import is_passing


class Coded(Exception):
    def __init__(self, state: str) -> None:
        super().__init__("no")
        self.sqlstate = state


@pytest.mark.parametrize(
    "error",
    [
        FeedUnavailable("down"),
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.AdminShutdownError("bye"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.DiskFullError("full"),
        InterfaceError("SELECT 1", None, Exception("connection is closed")),
        DBAPIError("SELECT 1", None, Coded("40001")),
        DBAPIError("SELECT 1", None, Coded("55P03")),
        asyncpg.InvalidCatalogNameError("it is being replaced by a backup"),
    ],
    ids=repr,
)
def test_what_passes(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("town"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.DataError("invalid input for query argument $1: expected str, got int"),
        asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"),
        IntegrityError("INSERT", None, Coded("23505")),
        ProgrammingError("SELECT", None, Coded("42P01")),
    ],
    ids=repr,
)
def test_what_does_not_pass(error: Exception) -> None:
    assert not is_passing(error)


async def test_a_killed_session_passes_however_it_is_noticed(database: str) -> None:
    """By the statement in flight and by the ones after it."""
    raw = await asyncpg.connect(database)
    errors: list[BaseException] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(_fails(raw.execute("SELECT pg_sleep(30)"), errors))
        await asyncio.sleep(0.1)
        killer = await asyncpg.connect(database)
        await killer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        await killer.close()
    await _fails(raw.execute("SELECT 1"), errors)
    assert len(errors) == 2
    assert all(map(is_passing, errors)), errors


async def _fails(doing: Awaitable[object], errors: list[BaseException]) -> None:
    try:
        await doing
    except Exception as error:  # noqa: BLE001  which one is the question
        errors.append(error)
