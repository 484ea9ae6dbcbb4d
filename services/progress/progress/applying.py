"""The one act of the progress follower: a list of events becomes rows and counters, in the transaction of the position.

What it leaves is a pure function of the log, whatever the batches were: cells whose classification changes are taken back
before the change and put in after it, and the batch's own statuses are counted last, with the classification at its end.
"""

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from events.following import Step
from progress.counting import counting, denominators, places, reporting, spread
from progress.counting.at_once import MOST, record_at_once
from progress.counting.recording import record
from progress.database import begun, driver_connection
from progress.facts import authorities, bitmaps, recordings, responsibilities, services, solutions, versions
from progress.facts.heard import Heard
from progress.facts.writing import SINCE_EVER
from progress.tables import prepare


class Reclassified(NamedTuple):
    """Whose reach and whose reporting must be looked at from the beginning, whatever moved."""

    services: Mapping[spread.Key, date]
    authorities: Mapping[int, date]


class Progress:
    """The projection of the catalog's log; `zone` tells on which day a responsibility was recorded."""

    name = "progress"

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    async def apply(self, connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        """Everything that these events change."""
        change = await self._reclassify(connection, heard)
        await services.apply_bundles(connection, heard)
        known = await solutions.known(connection, heard)
        await solutions.apply(connection, heard)
        if change is not None:
            await self._count_changed(connection, heard, known, change)
        elif statuses := recordings.statuses(heard):
            raw = await begun(connection)
            recorded = await record(raw, recordings.told(statuses, known))
            await spread.renew(raw, recorded.reach)
            await reporting.renew(raw, recorded.reporting)
            await bitmaps.keep(raw, recorded.changes)
        await recordings.confirm(connection, heard)
        await versions.renew(connection, heard)

    async def at_once(self, connection: AsyncConnection, step: Step, heard: Sequence[Heard]) -> bool:
        """The same for the usual: a few statuses of what is known. Whether it was done; if not, nothing was."""
        statuses = recordings.statuses(heard)
        if len(statuses) < len(heard) or len(statuses) > MOST:
            return False
        return await record_at_once(await driver_connection(connection), step, statuses)

    async def _count_changed(
        self, connection: AsyncConnection, heard: Sequence[Heard], known: Mapping[str, int], change: Reclassified
    ) -> None:
        """What was taken back and put in since `_reclassify`, and the batch's own statuses."""
        if await recordings.keep(connection, heard, known):
            await counting.count_fresh(connection)
            await bitmaps.keep_fresh(connection)
        await counting.add_moves(connection)
        await counting.renew(await driver_connection(connection), *change)

    async def _reclassify(self, connection: AsyncConnection, heard: Sequence[Heard]) -> Reclassified | None:
        """Authorities, services and responsibilities; None if nothing was said of them."""
        of_authorities = authorities.heard_of(heard)
        of_services = services.heard_of(heard)
        of_responsibilities = responsibilities.heard_of(heard)
        if not (of_authorities or of_services or of_responsibilities):
            return None
        await prepare(connection)
        raw = await driver_connection(connection)
        changing_authorities = await authorities.concerned(connection, of_authorities)
        changing_services = await services.concerned(connection, of_services)
        await counting.take_back(connection, changing_authorities, changing_services)
        await spread.take_back(raw, changing_services)
        await reporting.take_back(raw, changing_authorities)
        if of_authorities:
            await authorities.apply(connection, of_authorities)
        if of_services:
            await services.apply(connection, of_services)
        reassigned = await responsibilities.keep(connection, of_responsibilities, self._zone)
        if of_authorities or of_services:
            reassigned = await responsibilities.assigned_services(connection)
        elsewhere = {*changing_services}
        if reassigned:
            cells = await responsibilities.recompute(connection, reassigned)
            await counting.take_back_cells(connection, cells)
            await responsibilities.adopt(connection, reassigned)
            elsewhere |= {service for _, service in cells}
        if changing_authorities:
            elsewhere |= await spread.overridden(raw, changing_authorities)
        await counting.put_in(connection)
        await denominators.refill(connection)
        places_changed = await places.renew(raw)
        reached = await spread.all_of(raw, elsewhere, places_changed)
        return Reclassified(reached, dict.fromkeys(changing_authorities, SINCE_EVER))
