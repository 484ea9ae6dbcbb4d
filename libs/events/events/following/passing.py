"""Which failures pass by themselves: a database that restarts, a lock, a full disk. Everything else is the event's fault."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from events.bus.feed import FeedUnavailable

_CLASSES: Final = ("08", "25006", "3D", "40", "53", "55", "57", "58", "XX")
"""Connection, read-only, no such database, rolled back, resources, not in that state, operator, system, internal."""
_SIGNS: Final = ("connection", "closed", "another operation", "cached statement plan is invalid")
"""What the drivers say, without a code, when they lost the server in the middle of something."""


def is_passing(error: BaseException) -> bool:
    """Whether trying the very same again later may work; asked of failures of SQLAlchemy and of asyncpg itself."""
    if isinstance(error, FeedUnavailable | OSError | TimeoutError | PoolTimeout | asyncpg.InternalClientError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_passing_state(error.orig)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | InvalidRequestError):
        return _is_passing_state(error)
    return False


def _is_passing_state(error: BaseException | None) -> bool:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_CLASSES)
    return any(sign in str(error) for sign in _SIGNS)
