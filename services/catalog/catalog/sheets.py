"""How a sheet is kept: read, decided and written in slices, while others are answered; all of it or none.

What it is decided on is read before; the log tells whether any of it has changed by the time it is written. Then it is read and
decided again, and the third time under the log's own lock, where nothing can change.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from catalog.domain import delegation, solution
from catalog.domain import municipality as municipalities
from catalog.domain.sheet import Mode, RecordStatuses, SheetRefused
from catalog.domain.status import Timeline, key_of
from catalog.importing import formats
from catalog.importing.formats import Format
from catalog.importing.sheet import Sheet, reading
from catalog.keeping.looking import look, plain
from catalog.keeping.responsibilities import concerning_municipality
from catalog.keeping.statuses import of_municipality
from catalog.reading.catalogue import Catalogue
from edge.language import Language
from events.deciding import Answer, Kept, Key
from events.log.append import Context, Idempotency
from events.log.bulk import Bulk, BulkAppender, Moved, answered
from events.log.traced import Appending
from events.turns import Turns

ATTEMPTS = 2
_READERS = ThreadPoolExecutor(2, thread_name_prefix="sheet")
"""No more than two files are unpacked at the same time: they need memory."""
_HEAD = "SELECT position FROM heads"


class Upload(NamedTuple):
    """What somebody sent."""

    municipality: str
    body: bytes
    told: Format | None
    today: date
    mode: Mode
    dry_run: bool
    language: Language
    delegate: str | None = None

    def authorities(self) -> list[Key]:
        """For whom it is, and who may send it."""
        return [municipalities.key_of(self.municipality), *delegation.keys_for(self.municipality, self.delegate)]

    def command(self, sheet: Sheet) -> RecordStatuses:
        """What it asks for."""
        return RecordStatuses(
            municipality=self.municipality,
            rows=sheet.rows,
            today=self.today,
            unreadable=sheet.refused,
            mode=self.mode,
            dry_run=self.dry_run,
            language=self.language,
            delegate=self.delegate,
        )


class Known(NamedTuple):
    """What is decided on, as it was at the log's position or later."""

    position: int
    states: dict[Key, Any]
    timelines: Mapping[str, Timeline]


class Sheets:
    """One per process."""

    def __init__(self, engine: AsyncEngine, queue: Appending, bulk: BulkAppender, turns: Turns) -> None:
        self._engine = engine
        self._queue = queue
        self._bulk = bulk
        self._turns = turns
        self._catalogue = Catalogue()

    async def keep(
        self, upload: Upload, context: Context, idempotency: Idempotency | None
    ) -> tuple[Sheet, Answer | SheetRefused]:
        """What was read, and what became of it. Raises UnreadableFile, and as the append queue does."""
        for _ in range(ATTEMPTS):
            known = await self._known(upload)
            sheet = await self._read(upload, known)
            with contextlib.suppress(Moved):
                return sheet, await self._decided(upload.command(sheet), known, context, idempotency)
        try:
            return sheet, await self._queue.append(upload.command(sheet), context, idempotency=idempotency)
        except SheetRefused as no:
            return sheet, no

    async def _read(self, upload: Upload, known: Known) -> Sheet:
        loop = asyncio.get_running_loop()
        table = await loop.run_in_executor(_READERS, formats.read, upload.body, upload.told)
        return await self._turns.all_of(reading(table, known.timelines, upload.today, quoting=upload.dry_run))

    async def _known(self, upload: Upload) -> Known:
        municipality = upload.municipality
        async with plain(self._engine) as connection:
            position: int = await connection.fetchval(_HEAD)
            recorded = await of_municipality(connection, municipality)
            concerning = await concerning_municipality(connection, municipality)
            states: dict[Key, Any] = dict(await self._catalogue.services(connection))
        states.update(await look(self._engine, upload.authorities()))
        states.update((key_of(municipality, service), state) for service, state in recorded.items())
        states.update((Key("responsible", cell), said) for cell, said in concerning.items())
        return Known(position, states, {service: state.timeline for service, state in recorded.items()})

    async def _decided(
        self, command: RecordStatuses, known: Known, context: Context, idempotency: Idempotency | None
    ) -> Answer | SheetRefused:
        if idempotency is not None:
            async with plain(self._engine) as connection:
                if (earlier := await answered(connection, idempotency)) is not None:
                    return earlier
        solutions = {row.entry.solution for row in command.rows if row.entry.solution is not None}
        known.states.update(await look(self._engine, [solution.key_of(slug) for slug in solutions]))
        try:
            said, reply = await self._turns.all_of(command.deciding(known.states))
        except SheetRefused as no:
            return no

        def replied(position: int) -> Answer:
            return reply(Kept(known.states, (), position))

        if not said and idempotency is None:
            return replied(known.position)
        bulk = Bulk(said, known.states, known.position, command.depends_on())
        return await self._bulk.append(bulk, context, replied, idempotency=idempotency)
