"""What every route and page works with: the read models and the day it is."""

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from litestar import Request

from edge.problems import Problem
from events.bus.feed import FeedUnavailable, Source
from events.log.connect import Connection
from progress.answers import Answers
from progress.projections.moment import Moment, NeedsSnapshot, position
from progress.readers import Readers
from progress.replica import AWAY, Replica

T = TypeVar("T")

WAIT_SECONDS: Final = 10.0
"""For so long `at_least` waits."""
AT_ONCE_SECONDS: Final = 0.4
"""So long an event usually takes; only then it is worth asking whether it exists."""
HEAD_SECONDS: Final = 2.0
"""For so long the catalog may take to say where its log ends."""
EARLIEST: Final = date(1990, 1, 1)
_POLL_FROM: Final = 0.01
_POLL_TO: Final = 0.2
_MINE: Final = "progress.desk"
"""Our own key in the state of a request."""


class Desk:
    """Progress as its routes and pages see it."""

    def __init__(
        self,
        readers: Readers,
        clock: Callable[[], datetime],
        time_zone: ZoneInfo,
        feed: Source | None = None,
        replica: Replica | None = None,
    ) -> None:
        self.answers: Final = Answers()
        self.readers = readers
        self._itself = readers
        self._replica = replica
        self._clock = clock
        self._time_zone = time_zone
        self._feed = feed

    def today(self) -> date:
        """The day it is where the installation is."""
        return self.day(self._clock())

    def day(self, time: datetime) -> date:
        """The day it was there at that time."""
        return time.astimezone(self._time_zone).date()

    def on_the_clock(self, time: datetime) -> datetime:
        """That time as clocks show it there."""
        return time.astimezone(self._time_zone)

    async def last_said(self, upto: int, count: int) -> list[bytes]:
        """The catalog's last events up to that position, the oldest first; none if it does not say so in time."""
        if self._feed is None or not upto:
            return []
        after = max(0, upto - count)
        try:
            async with asyncio.timeout(HEAD_SECONDS), self._feed as feed:
                return (await feed.page(after, upto - after)).documents
        except (FeedUnavailable, TimeoutError):
            return []

    def of_one_request(self) -> "Desk":
        """All that a request asks is asked at one place; from a replica that fails it goes to the database, and never back.

        So what it waited for is in what it reads, and no answer is kept for a state that is newer than itself.
        """
        if self._replica is None:
            return self
        mine = copy.copy(self)
        mine.readers = self._replica.readers if self._replica.in_use else self._itself
        return mine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """One snapshot to ask."""
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self.readers.reading())
            except AWAY as error:
                self._go_elsewhere(error)
                connection = await stack.enter_async_context(self.readers.reading())
            yield connection

    async def ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """The answer to one question, from one state: by a single statement if that will do, else in a snapshot."""
        try:
            return await self._ask(question)
        except AWAY as error:
            self._go_elsewhere(error)
            return await self._ask(question)

    def moment(self, as_of: date | None = None, known_at: date | None = None) -> Moment:
        """When a question is asked. Raises a problem about a day that has not been."""
        today = self.today()
        for field, day in (("as_of", as_of), ("known_at", known_at)):
            if day is not None and not EARLIEST <= day <= today:
                raise _not_that_day(field, day, today)
        return Moment(as_of or today, known_at or today, latest=known_at in (None, today))

    async def wait(self, position: int | None) -> None:
        """Until the event at that position is in. Raises a problem if there is none, or if it takes too long."""
        if not position or await self._reached(position, AT_ONCE_SECONDS):
            return
        head = await self._head(position)
        if head is not None and position > head:
            raise _beyond_the_log(position, head)
        if not await self._reached(position, WAIT_SECONDS):
            raise _not_yet_there(position)

    async def _ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        try:
            return await self.readers.at_once(question)
        except NeedsSnapshot:
            async with self.readers.reading() as connection:
                return await question(connection)

    def _go_elsewhere(self, error: Exception) -> None:
        """From the replica to the database itself. Raises the error if that is not where it comes from."""
        if self.readers is self._itself or self._replica is None or not self._replica.fails(error):
            raise error
        self.readers = self._itself

    async def _reached(self, wanted: int, seconds: float) -> bool:
        clock = asyncio.get_running_loop().time
        deadline, pause = clock() + seconds, _POLL_FROM
        while await self.ask(position) < wanted:
            if clock() + pause > deadline:
                return False
            await asyncio.sleep(pause)
            pause = min(pause * 2, _POLL_TO)
        return True

    async def _head(self, position: int) -> int | None:
        """Where the catalog's log ends, if it says so: nobody need wait for what was never said."""
        if self._feed is None:
            return None
        try:
            async with asyncio.timeout(HEAD_SECONDS), self._feed as feed:
                return (await feed.page(position - 1, 1)).head
        except (FeedUnavailable, TimeoutError):
            return None


def desk(request: Request[Any, Any, Any]) -> Desk:
    """The one of this request."""
    state = request.scope["state"]
    found: Desk | None = state.get(_MINE)
    if found is None:
        found = state[_MINE] = request.app.state["desk"].of_one_request()
    return found


def _not_that_day(field: str, day: date, today: date) -> Problem:
    return Problem(
        422,
        "no-such-day",
        {"en": "Not on that day", "de": "Nicht an diesem Tag"},
        {
            "en": f"{field} is {day}. It takes a day from {EARLIEST} to today, {today}: nobody knows the state of a day to come.",
            "de": f"{field} ist {day}. Möglich sind Tage vom {EARLIEST:%d.%m.%Y} bis heute, {today:%d.%m.%Y}: Den Stand eines "
            "künftigen Tages kennt niemand.",
        },
        field=field,
    )


def _beyond_the_log(position: int, head: int) -> Problem:
    return Problem(
        422,
        "no-such-position",
        {"en": "No such event", "de": "Kein solches Ereignis"},
        {
            "en": f"at_least is {position}, but the catalog's log ends at {head}. It takes the `position` of an answer.",
            "de": f"at_least ist {position}, das Protokoll des Katalogs endet aber bei {head}. Gemeint ist die `position` aus "
            "einer Antwort.",
        },
        field="at_least",
    )


def _not_yet_there(position: int) -> Problem:
    return Problem(
        503,
        "not-yet-there",
        {"en": "Not yet there", "de": "Noch nicht da"},
        {
            "en": f"The event at position {position} is not in the figures after {WAIT_SECONDS:g} seconds. Try again, or leave "
            "out at_least for the figures there are. /-/health says whether the follower halted or a replica is behind.",
            "de": f"Das Ereignis an Position {position} ist nach {WAIT_SECONDS:g} Sekunden noch nicht in den Zahlen. Bitte noch "
            "einmal versuchen oder at_least weglassen. Ob der Abgleich steht oder eine Kopie zurückliegt, sagt /-/health.",
        },
        field="at_least",
        headers={"retry-after": "2"},
    )
