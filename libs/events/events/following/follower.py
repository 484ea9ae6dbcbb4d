"""The loop that every follower is: catch up from the feed, then apply what arrives live, each position once and in order.

A projection, an alerting service and a rebuild differ only in `apply`, which runs in the transaction that moves the bookmark.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Literal

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.bus.connection import stopped
from events.bus.feed import PAGE_LIMIT, FeedUnavailable, Source
from events.bus.live import Inbox, Live
from events.following.ahead import Ahead
from events.following.applying import Apply, Applying, AtOnce, Gap, Halted, OtherHistory, Poison, Together
from events.following.bookmark import Bookmark, Clock
from events.following.heard import page_told, told

log = structlog.get_logger(__name__)

State = Literal["starting", "catching-up", "live", "waiting", "halted"]

QUIET_SECONDS: Final = 2.0
"""After so long without a live event the feed is asked whether there was one."""
HALTED_SECONDS: Final = 1.0
"""How often a halted follower looks whether an operator decided."""
PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 5.0)


class FollowerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """For health, metrics and people; `head` is the last position known to exist, `live` means: at the head."""

    state: State = "starting"
    reason: str | None = None
    position: int = 0
    head: int = 0

    @property
    def lag(self) -> int:
        """How many events are known and not yet applied."""
        return max(0, self.head - self.position)


Progress = Callable[[FollowerStatus], None]


class Follower:
    """Follows one source for one purpose; several replicas may run and take turns."""

    def __init__(
        self,
        *,
        name: str,
        source: str,
        engine: AsyncEngine,
        feed: Source,
        apply: Apply,
        clock: Clock,
        live: Live | None = None,
        schema: str | None = "live",
        page: int = PAGE_LIMIT,
        quiet_seconds: float = QUIET_SECONDS,
        halted_seconds: float = HALTED_SECONDS,
        begin: Callable[[Progress], Awaitable[None]] | None = None,
        together: Together = len,
        at_once: AtOnce | None = None,
    ) -> None:
        """`begin` is done before following, each time anew; what it says of its progress is the follower's status.

        `together` divides what comes in, where what an event causes should not wait for what the next one causes.
        `at_once` is tried before `apply`; its connections look into the schema by themselves.
        """
        self.name = name
        self.source = source
        self.bookmark = Bookmark(engine, name, source, schema, clock)
        self._applying = Applying(engine, self.bookmark, apply, together, at_once)
        self._feed = feed
        self._live = live
        self._page = page
        self._quiet = quiet_seconds
        self._halted_seconds = halted_seconds
        self._begin = begin
        self._beginning: FollowerStatus | None = None
        self._state: State = "starting"
        self._reason: str | None = None
        self._head = 0
        self._failures = 0

    @property
    def status(self) -> FollowerStatus:
        """As of now."""
        if self._beginning is not None:
            return self._beginning
        position = self._applying.position
        return FollowerStatus(state=self._state, reason=self._reason, position=position, head=max(self._head, position))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Follower"]:
        """Follow in the background."""
        async with self._feed:
            task = asyncio.create_task(self.run(), name=f"{self.name}-follower")
            try:
                yield self
            finally:
                await stopped(task)

    async def run(self) -> None:
        """For ever: outages are waited out, a halt lasts until an operator decides. The feed must be entered."""
        try:
            while True:
                try:
                    await self._follow()
                except Halted as halted:
                    await self._stay_halted(str(halted))
                except Exception as error:  # noqa: BLE001  whatever it is: say so, pause, begin again from the bookmark
                    await self._pause(error)
        finally:
            await self._applying.rest()

    async def catch_up(self, on_progress: Progress | None = None) -> int:
        """Read the feed to its head and answer the position. Raises Halted, Gap, FeedUnavailable, database errors."""
        try:
            async with self._feed:
                await self._catch_up(on_progress)
        finally:
            await self._applying.rest()
        return self._applying.position

    async def catch_up_within(self, connection: AsyncConnection, until: int) -> None:
        """Inside the caller's transaction and up to a position: the last step of a rebuild. Raises what `catch_up` raises."""
        async with self._feed:
            position = (await self.bookmark.lock(connection)).position
            while position < until:
                page = await self._feed.page(position, min(self._page, until - position))
                if not page.documents:
                    raise FeedUnavailable(f"the feed has nothing after {position}, but {until} is known to exist")
                try:
                    position = await self._applying.within(connection, page_told(page.documents, position, self.source))
                except (Poison, OtherHistory) as why:
                    raise Halted(str(why)) from why

    async def _follow(self) -> None:
        await self._do_first()
        while True:
            await self._catch_up()
            if self._live is None:
                await asyncio.sleep(self._quiet)
                continue
            # One earlier: the event at the bookmark is compared, and an ordered consumer that loses its server before its
            # first message would begin at 1 again.
            async with self._live.listening(max(self._applying.position - 1, 0)) as inbox:
                await self._hear(inbox)

    async def _do_first(self) -> None:
        if self._begin is None:
            return
        try:
            await self._begin(self._show)
        finally:
            self._beginning = None

    def _show(self, status: FollowerStatus) -> None:
        self._beginning = status

    async def _hear(self, inbox: Inbox) -> None:
        """Until the inbox overflows; then the feed is faster."""
        while not inbox.overflowed:
            deliveries = await inbox.take(self._quiet)
            if inbox.interrupted or not deliveries:
                inbox.interrupted = False
                await self._catch_up()
            try:
                await self._applying.take([told(position, document, self.source) for position, document in deliveries])
            except Gap:
                await self._catch_up()

    async def _catch_up(self, on_progress: Progress | None = None) -> None:
        """Begins with the event at the bookmark itself, which must be the one that was applied."""
        place = await self._applying.look()
        after = max(place.position - 1, 0)
        async with Ahead(self._feed, self._page) as feed:
            while True:
                page = await feed.page(after)
                self._head = page.head
                if page.head < place.position:
                    reason = f"the log ends at {page.head}, but {place.position} was applied: another history"
                    await self._applying.halt(place.position, reason)
                if page.head > self._applying.position:
                    self._be("catching-up")
                if page.documents and after + len(page.documents) < page.head:
                    feed.fetch(after + len(page.documents))
                await self._applying.take(page_told(page.documents, after, self.source))
                after = max(self._applying.position, after)
                if on_progress is not None:
                    on_progress(self.status)
                if not page.documents or after >= page.head:
                    break
        self._failures = 0
        self._be("live")

    async def _stay_halted(self, reason: str) -> None:
        if (self._state, self._reason) != ("halted", reason):
            log.error("follower halted", follower=self.name, position=self._applying.position, reason=reason)
        self._be("halted", reason)
        while True:
            await asyncio.sleep(self._halted_seconds)
            with contextlib.suppress(Exception):
                if (await self.bookmark.read()).halted_reason is None:
                    log.warning("follower tries again", follower=self.name)
                    return

    async def _pause(self, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if self._reason != reason:
            log.warning("follower waits", follower=self.name, reason=reason)
        self._be("waiting", reason)
        await asyncio.sleep(PAUSES[min(self._failures, len(PAUSES) - 1)])
        self._failures += 1

    def _be(self, state: State, reason: str | None = None) -> None:
        self._state, self._reason = state, reason
