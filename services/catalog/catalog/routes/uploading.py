"""From the bytes of an upload to its outcome."""

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from catalog.desk import desk
from catalog.domain.municipality import Municipality
from catalog.domain.sheet import ERRORS_SHOWN, Mode, Outcomes, RecordStatuses, RowError, RowRefused, SheetRefused
from catalog.importing import formats
from catalog.importing.formats import MEDIA_TYPES, Format
from catalog.importing.sheet import Sheet, read
from catalog.importing.tables import UnreadableFile
from catalog.reading.sheet import timelines_of
from catalog.routes.refusals import refused
from edge.asking import EdgeRequest
from edge.correlation import correlation_id, traceparent
from edge.language import Language, preferred
from events.deciding import Answer
from events.log.append import Context, Idempotency

MOST_BYTES = 10 * 1024 * 1024
PART = 500
"""Rows in one transaction where rows stand alone (mode=valid), so that others need not wait for a large sheet."""
_READERS = ThreadPoolExecutor(2, thread_name_prefix="sheet")
"""No more than two files are unpacked at the same time: they need memory."""


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows; in a dry run, what would. `notices` tell what may have been meant otherwise."""

    recorded: int
    unchanged: int
    refused: int
    skipped: int
    errors: tuple[RowError, ...]
    notices: tuple[RowError, ...]
    ignored_columns: tuple[str, ...]
    dry_run: bool
    position: int


async def upload(
    request: EdgeRequest, here: Municipality, *, mode: Mode, dry_run: bool, told: Format | None
) -> Uploaded:
    """Read and record the sheet. Raises UnreadableFile, SheetRefused and what concerns the municipality, as problems."""
    language = preferred(request.headers.get("accept-language", ""))
    body, told = await _body(request, told)
    today = desk(request).today()
    recorded = await timelines_of(desk(request).engine, here.id)
    loop = asyncio.get_running_loop()
    sheet = await loop.run_in_executor(_READERS, lambda: read(formats.read(body, told), recorded, today))
    command = RecordStatuses(
        municipality=here.id,
        rows=sheet.rows,
        today=today,
        unreadable=sheet.refused,
        mode=mode,
        dry_run=dry_run,
        language=language,
    )
    try:
        return await _kept(request, command, sheet, language)
    except SheetRefused as no:
        problem = refused(no)
        problem.extensions |= {
            "recorded": 0,
            "unchanged": 0,
            "refused": no.refused,
            "skipped": sheet.skipped,
            "notices": _told(sheet.notices, language),
        }
        raise problem from no


async def _kept(request: EdgeRequest, command: RecordStatuses, sheet: Sheet, language: Language) -> Uploaded:
    if command.mode == "all" or command.dry_run or len(command.rows) <= PART:
        outcomes = [_outcomes(await desk(request).keep(request, command))]
    else:
        outcomes = [_outcomes(await _keep_part(request, part, number)) for number, part in enumerate(_parts(command))]
    errors = sorted((error for each in outcomes for error in each.errors), key=lambda error: error.row)
    return Uploaded(
        recorded=sum(each.recorded for each in outcomes),
        unchanged=sum(each.unchanged for each in outcomes),
        refused=sum(each.refused for each in outcomes),
        skipped=sheet.skipped,
        errors=tuple(errors[:ERRORS_SHOWN]),
        notices=tuple(_told(sheet.notices, language)[:ERRORS_SHOWN]),
        ignored_columns=sheet.unknown_columns,
        dry_run=command.dry_run,
        position=outcomes[-1].position,
    )


def _parts(command: RecordStatuses) -> Iterator[RecordStatuses]:
    """Rows in their order; what could not be read is told with the first."""
    for start in range(0, len(command.rows), PART):
        yield msgspec.structs.replace(
            command,
            rows=command.rows[start : start + PART],
            unreadable=command.unreadable if start == 0 else (),
        )


async def _keep_part(request: EdgeRequest, part: RecordStatuses, number: int) -> Answer:
    caller, idempotency = request.caller, None
    if request.idempotency_key is not None:
        asked = f"{request.url.path}?{request.url.query}#{number}\n".encode()
        digest = hashlib.sha256(asked + await request.body()).digest()
        idempotency = Idempotency(caller.id, f"{request.idempotency_key}#{number}", digest)
    context = Context(caller.actor(desk(request).installation), correlation_id(), traceparent())
    return await desk(request).queue.append(part, context, idempotency=idempotency)


def _outcomes(answer: Answer) -> Outcomes:
    return msgspec.json.decode(answer.body, type=Outcomes)


def _told(rows: tuple[RowRefused, ...], language: Language) -> list[RowError]:
    return [RowError(row=row.row, field=row.field, detail=row.de if language == "de" else row.en) for row in rows]


async def _body(request: EdgeRequest, told: Format | None) -> tuple[bytes, Format | None]:
    """The bytes of the sheet, and the format that was named for them."""
    # Whatever the header says: curl calls a workbook a form, and a workbook is full of NULs. The readers refuse those in text.
    body = await Request.body(request)
    media_type = request.content_type[0].lower()
    if media_type != "multipart/form-data":
        return body, told or MEDIA_TYPES.get(media_type)
    form = await request.form()
    files = [part for part in form.values() if isinstance(part, UploadFile)]
    if not files:
        raise UnreadableFile(
            "The form has no file. Send the sheet as a form field of type file, or as the body itself.",
            "Das Formular enthält keine Datei. Bitte das Blatt als Datei-Feld oder als Inhalt selbst senden.",
        )
    return await files[0].read(), told or MEDIA_TYPES.get((files[0].content_type or "").split(";")[0].lower())
