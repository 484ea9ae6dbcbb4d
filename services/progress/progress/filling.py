"""Filling empty read models from a long log: first all facts, uncounted, then everything that follows from them at once.

A rebuild does so beside the running tables; a first start with a long log is such a rebuild. What comes out is what the
follower's own batches would have made, table by table.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from events.bus.feed import Source
from events.following import Bookmark, FollowerStatus, Heard, fill
from events.following.bookmark import look_into
from events.following.rebuilding import NEXT
from progress.counting import settling
from progress.database import driver_connection
from progress.facts import authorities, recordings, responsibilities, services, solutions, versions
from progress.facts.recordings import KnownService


class Facts:
    """The facts of page after page as rows, in their order. What events name is looked up once and kept in memory."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._authorities: dict[str, int] = {}
        self._services: dict[str, KnownService] = {}
        self._solutions: dict[str, int] = {}

    async def write(self, connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        """One page."""
        facts = recordings.statuses(heard)
        if len(facts) < len(heard) or not all(self._is_known(fact) for _, fact in facts):
            self._solutions = await solutions.known(connection, heard, self._solutions)
        if len(facts) < len(heard):
            await self._others(connection, heard)
        if facts:
            await self._learn(connection)
            made = recordings.rows(facts, self._authorities, self._services, self._solutions)
            raw = await driver_connection(connection)
            await raw.copy_records_to_table("recordings", records=made, columns=recordings.COLUMNS)

    def _is_known(self, fact: recordings.Said) -> bool:
        state, replaced = fact.state, fact.replaced
        return not (
            (state and state.solution and state.solution not in self._solutions)
            or (replaced and replaced.solution and replaced.solution not in self._solutions)
        )

    async def _others(self, connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        """All but statuses. What they speak of may be another one now."""
        if of_authorities := authorities.heard_of(heard):
            await authorities.apply(connection, of_authorities)
            self._authorities.clear()
        if of_services := services.heard_of(heard):
            await services.apply(connection, of_services)
            self._services.clear()
        await responsibilities.keep(connection, responsibilities.heard_of(heard), self._zone)
        await services.apply_bundles(connection, heard)
        await solutions.apply(connection, heard)
        await recordings.confirm(connection, heard)
        await versions.renew(connection, heard)

    async def _learn(self, connection: AsyncConnection) -> None:
        if not self._authorities:
            self._authorities = await authorities.all_ids(connection)
        if not self._services:
            self._services = await recordings.known_services(connection)


class Filling:
    """The long way of a rebuild: the schema `next`, empty before, as the follower would leave it at the end of the log."""

    def __init__(
        self, engine: AsyncEngine, feed: Source, *, name: str, source: str, zone: tzinfo, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._feed = feed
        self._source = source
        self._zone = zone
        self._bookmark = Bookmark(engine, name, source, NEXT, clock)

    async def __call__(self, show: Callable[[FollowerStatus], None] | None) -> None:
        facts = Facts(self._zone)
        async with self._engine.connect() as connection, self._feed:
            await look_into(connection, NEXT)
            await settling.unindex(await driver_connection(connection))

            async def write(heard: Sequence[Heard]) -> None:
                await facts.write(connection, heard)

            filled = await fill(
                self._feed, self._source, write, skipped=(await self._bookmark.read()).skipped, show=show
            )
            await connection.commit()
        if show is not None:
            show(FollowerStatus(state="catching-up", reason="counting", position=filled.position, head=filled.position))
        await settling.settle(self._engine, NEXT)
        async with self._engine.begin() as connection:
            await look_into(connection, NEXT)
            await self._bookmark.lock(connection)
            await self._bookmark.move(connection, filled.position, filled.event_id)
