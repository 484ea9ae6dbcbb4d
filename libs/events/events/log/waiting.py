"""Who waits for an answer of the append queue, and the two answers that are nobody's decision."""

import asyncio

import msgspec

from events.deciding import Answer
from events.log.batch import Request, Result


class StorageUnavailable(Exception):
    """Not known to be kept: the database did not answer. Repeating helps; with an idempotency key it is safe."""


class Unstorable(Exception):
    """The database refuses this very command; repeating it does not help."""


class Waiting(msgspec.Struct, frozen=True, eq=False):
    """A caller, since when (seconds of the loop's clock), and with what."""

    request: Request
    future: "asyncio.Future[Answer]"
    since: float

    def settle(self, result: Result) -> None:
        """The answer, or what it was refused with."""
        if isinstance(result, Exception):
            self.fail(result)
        elif not self.future.done():
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Nothing came of it; a caller who has gone need not know."""
        if not self.future.done():
            self.future.set_exception(error)
