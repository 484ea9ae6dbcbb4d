"""Whatever a driver says of a database that went away in the middle, callers hear 503 and when to try again."""

import asyncpg
import pytest
import sqlalchemy.exc

from edge.outages import OUTAGES
from edge.problems import Problem


def problem_of(error: Exception) -> Problem:
    """What the nearest handler makes of it, as the framework chooses it."""
    nearest = next(kind for kind in type(error).__mro__ if kind in OUTAGES)
    return OUTAGES[nearest](error)


def wrapped(error: Exception) -> sqlalchemy.exc.DBAPIError:
    return sqlalchemy.exc.DBAPIError("SELECT 1", None, error)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.ObjectNotInPrerequisiteStateError('database "catalog" is not currently accepting connections'),
        asyncpg.InvalidCatalogNameError('database "catalog" does not exist'),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        wrapped(RuntimeError("connection was closed in the middle of operation: terminating connection")),
        wrapped(asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")),
        wrapped(asyncpg.CrashShutdownError("the database system is in recovery mode")),
        wrapped(asyncpg.ObjectNotInPrerequisiteStateError('database "catalog" is not currently accepting connections')),
        wrapped(asyncpg.InvalidCatalogNameError('database "catalog" does not exist')),
        wrapped(asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction")),
    ],
)
def test_a_database_that_is_away(error: Exception) -> None:
    problem = problem_of(error)
    assert problem.status == 503
    assert problem.headers["retry-after"]


def test_a_wrong_question_is_a_fault_of_ours() -> None:
    assert problem_of(wrapped(asyncpg.UndefinedTableError("relation does not exist"))).status == 500
