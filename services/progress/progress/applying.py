"""The one act of the progress follower: a list of events becomes rows and counters, in the transaction of the position.

What it leaves is a pure function of the log, whatever the batches were: cells whose classification changes are taken back
before the change and put in after it, and the batch's own statuses are counted last, with the classification at its end.
"""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncConnection

from progress.counting import counting, denominators
from progress.facts import authorities, bitmaps, recordings, responsibilities, services, solutions, versions
from progress.facts.heard import Heard
from progress.tables import prepare


class Progress:
    """The projection of the catalog's log; `zone` tells on which day a responsibility was recorded."""

    name = "progress"

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    async def apply(self, connection: AsyncConnection, heard: Sequence[Heard]) -> None:
        """Everything that these events change."""
        await prepare(connection)
        reclassified = await self._reclassify(connection, heard)
        await services.apply_bundles(connection, heard)
        await solutions.apply(connection, heard)
        known = await solutions.known(connection, recordings.solutions_named(heard))
        recorded = await recordings.keep(connection, heard, known)
        if recorded:
            await counting.count_fresh(connection)
            await bitmaps.keep_fresh(connection)
        if recorded or reclassified:
            await counting.add_moves(connection)
        await recordings.confirm(connection, heard)
        await versions.renew(connection, heard)

    async def _reclassify(self, connection: AsyncConnection, heard: Sequence[Heard]) -> bool:
        """Authorities, services and responsibilities; whether any were spoken of."""
        of_authorities = authorities.heard_of(heard)
        of_services = services.heard_of(heard)
        of_responsibilities = responsibilities.heard_of(heard)
        if not (of_authorities or of_services or of_responsibilities):
            return False
        await counting.take_back(
            connection,
            await authorities.concerned(connection, of_authorities),
            await services.concerned(connection, of_services),
        )
        if of_authorities:
            await authorities.apply(connection, of_authorities)
        if of_services:
            await services.apply(connection, of_services)
        reassigned = await responsibilities.keep(connection, of_responsibilities, self._zone)
        if of_authorities or of_services:
            reassigned = await responsibilities.assigned_services(connection)
        if reassigned:
            await counting.take_back_cells(connection, await responsibilities.recompute(connection, reassigned))
            await responsibilities.adopt(connection, reassigned)
        await counting.put_in(connection)
        await denominators.refill(connection)
        return True
