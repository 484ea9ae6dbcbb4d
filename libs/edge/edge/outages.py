"""A database that does not answer is a 503 that passes, in every service; nobody is told more than that."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import asyncpg
import sqlalchemy.exc
import structlog

from edge.problems import Problem, unexpected

log = structlog.get_logger("edge")

_AWAY: Final = ("08", "25006", "3D", "53", "55", "57")
"""SQLSTATEs of a database that is gone, read-only, not there, out of resources, letting nobody in or being shut down."""
_SIGNS: Final = ("connection was closed", "connection is closed", "connection does not exist", "another operation")
"""What the driver says, without a code, when it lost the server in the middle of something."""


def away(_: Exception) -> Problem:
    """Try again in a moment."""
    return Problem(
        503,
        "database-unavailable",
        {"en": "Cannot answer now", "de": "Gerade keine Auskunft möglich"},
        {
            "en": "The database does not answer. Try again in a moment.",
            "de": "Die Datenbank antwortet nicht. Bitte gleich noch einmal versuchen.",
        },
        headers={"retry-after": "2"},
    )


def _by_state(error: sqlalchemy.exc.DBAPIError) -> Problem:
    """Away, or a question that was wrong: that is a fault of ours."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if error.connection_invalidated or state.startswith(_AWAY) or any(sign in str(error.orig) for sign in _SIGNS):
        return away(error)
    log.error("unexpected_exception", exc_info=error)
    return unexpected()


OUTAGES: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    OSError: away,
    asyncpg.PostgresConnectionError: away,
    asyncpg.InterfaceError: away,
    asyncpg.InternalClientError: away,
    asyncpg.OperatorInterventionError: away,
    asyncpg.InsufficientResourcesError: away,
    asyncpg.ObjectNotInPrerequisiteStateError: away,
    asyncpg.InvalidCatalogNameError: away,
    asyncpg.ReadOnlySQLTransactionError: away,
    sqlalchemy.exc.InterfaceError: away,
    sqlalchemy.exc.OperationalError: away,
    sqlalchemy.exc.TimeoutError: away,
    sqlalchemy.exc.DBAPIError: _by_state,
}
"""How failures of the database read."""
