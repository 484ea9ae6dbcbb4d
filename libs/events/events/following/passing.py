"""Which failures pass by themselves: a database that restarts, a lock, a full disk. Everything else is the event's fault."""

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from events.bus.feed import FeedUnavailable

_CLASSES: Final = ("08", "25006", "40", "53", "55", "57", "58", "XX")
"""Connection, read-only, rolled back, resources, not in that state, operator, system, internal."""
_CACHED_PLAN: Final = "cached statement plan is invalid"


def is_passing(error: BaseException) -> bool:
    """Whether trying the very same again later may work."""
    if isinstance(error, FeedUnavailable | OSError | TimeoutError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or _CACHED_PLAN in str(error):
            return True
        state = getattr(error.orig, "sqlstate", None)
        return state.startswith(_CLASSES) if state is not None else isinstance(error, OperationalError | InterfaceError)
    return isinstance(error, InvalidRequestError) and "connection" in str(error).lower()
