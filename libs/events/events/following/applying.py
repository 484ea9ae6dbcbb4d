"""Apply what follows the bookmark: in order, each position once, in the transaction that moves it.

A batch that fails is divided until it is clear which event it is; what precedes that event is applied, and there the follower
halts for everyone until an operator decides.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.following.bookmark import Bookmark, Place, Step, look_into
from events.following.heard import Heard, Told, without_gap
from events.following.passing import is_passing

log = structlog.get_logger(__name__)

MOST: Final = 5000
"""So many events at most are applied in one transaction."""

Apply = Callable[[AsyncConnection, Sequence[Heard]], Awaitable[None]]

AtOnce = Callable[[AsyncConnection, Step, Sequence[Heard]], Awaitable[bool]]
"""Does the deed in the very statement that moves the bookmark, which is a transaction of its own; or nothing, and says so."""

Together = Callable[[Sequence[Told]], int]
"""How many of these, from the first on, are applied in one transaction: at least one of any."""


class Halted(Exception):
    """Stored with its reason beside the bookmark; only an operator's `skip` or `resume` ends it."""


class Gap(Exception):
    """What came in does not follow; the feed has what is between."""


class OtherHistory(Exception):
    """Another event stands where one was applied: the log was restored from a backup and has gone on differently."""


class Poison(Exception):
    """An event that cannot be applied, and why."""

    def __init__(self, event: Told, trouble: Exception) -> None:
        kind = event.heard.type if event.heard is not None else "not understood"
        super().__init__(
            f"event {event.position} ({event.id}, {kind}) cannot be applied: {type(trouble).__name__}: {trouble}"
        )
        self.event = event
        self.trouble = trouble


class Applying:
    """`position` is the bookmark as last seen. One connection is kept between transactions; `rest` gives it back."""

    def __init__(
        self,
        engine: AsyncEngine,
        bookmark: Bookmark,
        apply: Apply,
        together: Together = len,
        at_once: AtOnce | None = None,
    ) -> None:
        self.bookmark = bookmark
        self.position = 0
        self._engine = engine
        self._apply = apply
        self._at_once = at_once
        self._together = together
        self._seen: Place | None = None
        self._kept: AsyncConnection | None = None

    async def rest(self) -> None:
        """Keep no connection while nothing is to be applied."""
        connection, self._kept = self._kept, None
        if connection is not None:
            await asyncio.shield(connection.close())

    async def look(self) -> Place:
        """Where the bookmark is. Raises Halted."""
        place = await self.bookmark.read()
        self._check(place)
        return place

    async def take(self, events: Sequence[Told]) -> None:
        """Apply those of consecutive events that are new. Raises Halted, Gap, and failures that pass by themselves."""
        size = MOST
        while events:
            part = events[: min(size, self._together(events))]
            try:
                await self._transact(part)
            except (Halted, Gap):
                raise
            except OtherHistory as other:
                await self.halt(self.position, str(other))
            except Poison as poison:
                await self._halt_at(poison)
            except Exception as trouble:
                if is_passing(trouble):
                    raise
                log.info("batch fails", follower=self.bookmark.name, events=len(part), trouble=repr(trouble))
                if len(part) == 1:
                    await self._halt_at(Poison(part[0], trouble))
                size = max(1, len(part) // 2)
            else:
                events = [event for event in events if event.position > self.position]

    async def within(self, connection: AsyncConnection, events: Sequence[Told]) -> int:
        """In the caller's transaction; answers the new position.

        Whoever holds the bookmark's row decides what is next, so replicas take turns and a switched rebuild is noticed.
        """
        return (await self._within(connection, events)).position

    async def halt(self, position: int, reason: str) -> None:
        """Raises Halted, or Gap if the bookmark was moved meanwhile."""
        if await self.bookmark.halt(position, reason):
            raise Halted(reason)
        await self.look()
        raise Gap(f"{self.bookmark.name} moved while it was about to halt")

    async def _transact(self, events: Sequence[Told]) -> None:
        seen, self._seen = self._seen, None
        following = _usual(events, seen) if seen is not None else []
        async with self._connected() as connection:
            place = await self._all_at_once(connection, following, seen)
            if place is None:
                async with connection.begin():
                    place = await self._straight_on(connection, following, seen)
                    if place is None:
                        await look_into(connection, self.bookmark.schema)
                        place = await self._within(connection, events)
        self._seen = place
        self.position = place.position

    async def _all_at_once(
        self, connection: AsyncConnection, following: Sequence[Told], seen: Place | None
    ) -> Place | None:
        """What is so usual that it takes one statement; else nothing was done."""
        if seen is None or not following or self._at_once is None:
            return None
        last = following[-1]
        step = self.bookmark.step(seen, last.position, last.id)
        if not await self._at_once(connection, step, _heard(following)):
            return None
        return Place(last.position, last.id, None, frozenset())

    async def _straight_on(
        self, connection: AsyncConnection, following: Sequence[Told], seen: Place | None
    ) -> Place | None:
        """The usual: nobody has touched the bookmark. Else nothing was done."""
        if seen is None or not following:
            return None
        last = following[-1]
        if not await self.bookmark.advance(connection, seen, last.position, last.id):
            return None
        await self._apply(connection, _heard(following))
        return Place(last.position, last.id, None, frozenset())

    async def _within(self, connection: AsyncConnection, events: Sequence[Told]) -> Place:
        place = await self.bookmark.lock(connection)
        self._check(place)
        _compare(place, events)
        following = without_gap(events, place.position)
        if not following:
            if events and events[-1].position > place.position:
                raise Gap(f"{self.bookmark.name} is at {place.position}, what came in begins later")
            return place
        clear = _clear(following, place)
        heard = [event.heard for event in clear if event.heard is not None and event.position not in place.skipped]
        if heard:
            await self._apply(connection, heard)
        last = clear[-1]
        await self.bookmark.move(connection, last.position, last.id)
        return Place(last.position, last.id, None, place.skipped)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """The kept connection, or a new one; one on which something failed is not kept."""
        connection, self._kept = self._kept, None
        if connection is None:
            connection = await self._engine.connect()
        try:
            yield connection
        except BaseException:
            await asyncio.shield(connection.close())
            raise
        self._kept = connection

    async def _halt_at(self, poison: Poison) -> None:
        event = poison.event
        log.error(
            "event cannot be applied", follower=self.bookmark.name, position=event.position, exc_info=poison.trouble
        )
        await self.halt(event.position - 1, str(poison))

    def _check(self, place: Place) -> None:
        self.position = place.position
        if place.halted_reason is not None:
            raise Halted(place.halted_reason)


def _compare(place: Place, events: Sequence[Told]) -> None:
    """The event at the bookmark, if it came along, must be the one that was applied."""
    for event in events:
        if event.position == place.position and place.event_id not in (event.id, ""):
            raise OtherHistory(
                f"position {place.position} is event {event.id} now, but {place.event_id} was applied: another history"
            )


def _usual(events: Sequence[Told], seen: Place) -> list[Told]:
    """What follows the place where the bookmark was seen, if all of it is understood. Raises OtherHistory."""
    _compare(seen, events)
    following = without_gap(events, seen.position)
    return [] if any(event.trouble is not None for event in following) else following


def _heard(events: Sequence[Told]) -> list[Heard]:
    return [event.heard for event in events if event.heard is not None]


def _clear(following: Sequence[Told], place: Place) -> list[Told]:
    """Those before the first that cannot be understood, unless an operator skipped it."""
    clear: list[Told] = []
    for event in following:
        if event.trouble is not None and event.position not in place.skipped:
            if not clear:
                raise Poison(event, event.trouble)
            break
        clear.append(event)
    return clear
