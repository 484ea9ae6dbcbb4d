"""What every route and page works with: the read models and the day it is."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from edge.problems import Problem
from events.following import wait_for
from progress.applying import Progress
from progress.database import SCHEMA
from progress.projections.moment import Moment, reading

WAIT_SECONDS: Final = 10.0
"""For so long `at_least` waits."""
EARLIEST: Final = date(1990, 1, 1)


class Desk:
    """Progress as its routes and pages see it."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime], time_zone: ZoneInfo) -> None:
        self.engine = engine
        self._clock = clock
        self._time_zone = time_zone

    def today(self) -> date:
        """The day it is where the installation is."""
        return self._clock().astimezone(self._time_zone).date()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One snapshot to ask."""
        return reading(self.engine)

    def moment(self, as_of: date | None = None, known_at: date | None = None) -> Moment:
        """When a question is asked. Raises a problem about a day that has not been."""
        today = self.today()
        for field, day in (("as_of", as_of), ("known_at", known_at)):
            if day is not None and not EARLIEST <= day <= today:
                raise _not_that_day(field, day, today)
        return Moment(as_of or today, known_at or today, latest=known_at in (None, today))

    async def wait(self, position: int | None) -> None:
        """Until the event at that position is in. Raises a problem if it takes too long."""
        if position and not await wait_for(self.engine, Progress.name, position, WAIT_SECONDS, schema=SCHEMA):
            raise _not_yet_there(position)


def desk(request: Request[Any, Any, Any]) -> Desk:
    """The one of this app."""
    found: Desk = request.app.state["desk"]
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


def _not_yet_there(position: int) -> Problem:
    return Problem(
        503,
        "not-yet-there",
        {"en": "Not yet there", "de": "Noch nicht da"},
        {
            "en": f"The event at position {position} is not in the figures after {WAIT_SECONDS:g} seconds. Try again, or leave "
            "out at_least for the figures there are. /-/health says whether the follower halted.",
            "de": f"Das Ereignis an Position {position} ist nach {WAIT_SECONDS:g} Sekunden noch nicht in den Zahlen. Bitte noch "
            "einmal versuchen oder at_least weglassen. Ob der Abgleich steht, sagt /-/health.",
        },
        field="at_least",
        headers={"retry-after": "2"},
    )
