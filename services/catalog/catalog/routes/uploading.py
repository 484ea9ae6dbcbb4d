"""From the bytes of an upload to its outcome."""

from collections.abc import Mapping

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from catalog.desk import desk
from catalog.domain.municipality import Municipality
from catalog.domain.sheet import ERRORS_SHOWN, Change, Mode, Outcomes, RowError, RowRefused, SheetRefused
from catalog.importing.formats import MEDIA_TYPES, Format
from catalog.importing.sheet import Sheet
from catalog.importing.tables import UnreadableFile
from catalog.routes.refusals import refused
from catalog.sheets import Upload
from edge.asking import EdgeRequest
from edge.language import Language, preferred
from events.deciding import Answer

MOST_BYTES = 10 * 1024 * 1024


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it stands in the file: by column what is written there."""

    row: int
    written: Mapping[str, str]


class Uploaded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the rows; in a dry run, what would. `notices` tell what may have been meant otherwise.

    A dry run also tells the first 1,000 `changes`, and `rows` as they stand in the file, but for those that say nothing: one
    without a change and without an error stays as it is recorded.
    """

    recorded: int
    unchanged: int
    refused: int
    skipped: int
    errors: tuple[RowError, ...]
    notices: tuple[RowError, ...]
    ignored_columns: tuple[str, ...]
    dry_run: bool
    position: int
    changes: tuple[Change, ...] = ()
    rows: tuple[Quoted, ...] = ()


async def upload(
    request: EdgeRequest, here: Municipality, *, mode: Mode, dry_run: bool, told: Format | None, delegate: str | None
) -> Uploaded:
    """Read and record the sheet. Raises UnreadableFile, SheetRefused and what concerns the municipality, as problems."""
    language = preferred(request.headers.get("accept-language", ""))
    body, told = await _body(request, told)
    given = Upload(here.id, body, told, desk(request).today(), mode, dry_run, language, delegate)
    idempotency = await desk(request).idempotency(request)
    sheet, outcome = await desk(request).sheets.keep(given, desk(request).context(request), idempotency)
    if isinstance(outcome, SheetRefused):
        problem = refused(outcome)
        problem.extensions |= {
            "recorded": 0,
            "unchanged": 0,
            "refused": outcome.refused,
            "skipped": sheet.skipped,
            "notices": _told(sheet.notices, language),
        }
        raise problem from outcome
    return _uploaded(sheet, _outcomes(outcome), language)


def _uploaded(sheet: Sheet, outcomes: Outcomes, language: Language) -> Uploaded:
    return Uploaded(
        recorded=outcomes.recorded,
        unchanged=outcomes.unchanged,
        refused=outcomes.refused,
        skipped=sheet.skipped,
        errors=outcomes.errors,
        notices=tuple(_told(sheet.notices, language)[:ERRORS_SHOWN]),
        ignored_columns=sheet.unknown_columns,
        dry_run=outcomes.dry_run,
        position=outcomes.position,
        changes=outcomes.changes,
        rows=tuple(Quoted(row=row, written=written) for row, written in sheet.written.items()),
    )


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
