"""Many statuses of one municipality at once: the sheet to download and fill in, its upload, and confirming."""

import asyncio
from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from catalog.desk import answered, desk
from catalog.domain.sheet import Mode
from catalog.domain.status_changes import Confirmed, ConfirmStatuses
from catalog.importing.formats import Format
from catalog.importing.words import Language
from catalog.reading.sheet import SheetRow, known, sheet_of, timelines_of
from catalog.reading.sheet_files import XLSX_TYPE, csv_of, xlsx_of
from catalog.routes.sheet_document import Downloading, Uploading
from catalog.routes.uploading import MOST_BYTES, Uploaded, upload
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, takes
from edge.documenting import problems
from edge.guarding import require
from edge.language import preferred
from edge.paging import Page, Paging, page, paging, sliced
from events.contracts.keys import bare, municipality_id, service_key

PATH = "/municipalities/{municipality:str}/statuses"
FileFormat = Literal["csv", "xlsx", "json"]


@get(
    PATH,
    operation_id="download_sheet",
    operation_class=Downloading,
    dependencies={"paging": paging(default=1000, maximum=10_000)},
    responses=problems(401),
)
async def download_sheet(
    request: EdgeRequest,
    municipality: FromPath[str],
    paging: NamedDependency[Paging],
    format: FromQuery[FileFormat | None] = None,  # noqa: A002 - the pinned name
    lang: FromQuery[Language | None] = None,
) -> Response[Page[SheetRow]] | Response[bytes]:
    """Every service the municipality delivers, with what is in force: JSON, or a file (CSV, XLSX) to fill in and upload.

    `lang` chooses the words of a file: `en` those of this API (comma, ISO dates), `de` German ones as a German Excel opens
    them (semicolon, 01.11.2026). Notes are in it only for those who may write them.
    """
    here = await known(desk(request).engine, municipality_id(municipality))
    reader = request.reader
    with_notes = reader is not None and reader.role in {"editor", "operator"} and reader.may_act_for(here.id)
    sheet = await sheet_of(desk(request).engine, here.id, desk(request).today(), with_notes=with_notes)
    language = lang or preferred(request.headers.get("accept-language", ""))
    chosen = format or _accepted(request.headers.get("accept", ""))
    headers = {
        "content-disposition": f'attachment; filename="statuses-{bare(here.id).replace(":", "-")}.{chosen}"',
        "vary": "Accept, Accept-Language, Authorization",
    }
    if chosen == "csv":
        body = await asyncio.to_thread(csv_of, sheet, language)
        return Response(body, media_type="text/csv", headers=headers)
    if chosen == "xlsx":
        body = await asyncio.to_thread(xlsx_of, sheet, language)
        return Response(body, media_type=XLSX_TYPE, headers=headers)
    after = paging.after_as(str)
    keys = [row.service for row in sheet.rows]
    start = keys.index(after) + 1 if after in keys else 0
    rows, more = sliced(sheet.rows[start : start + paging.limit + 1], paging.limit)
    return page(request, rows, rows[-1].service if more else None, headers={"vary": headers["vary"]})


def _accepted(accept: str) -> FileFormat:
    kinds = [kind.split(";")[0].strip().lower() for kind in accept.split(",")]
    if "text/csv" in kinds:
        return "csv"
    return "xlsx" if XLSX_TYPE in kinds else "json"


@post(
    PATH,
    operation_id="upload_sheet",
    operation_class=Uploading,
    status_code=200,
    guards=[require("editor", "operator")],
    request_max_body_size=MOST_BYTES,
    opt=takes(IDEMPOTENCY_KEY) | {"timeout": 120},
    responses=problems(400, 404, 409, 410, 415, 422),
)
async def upload_sheet(
    request: EdgeRequest,
    municipality: FromPath[str],
    mode: FromQuery[Mode] = "all",
    dry_run: FromQuery[bool] = False,
    format: FromQuery[Format | None] = None,  # noqa: A002 - the pinned name
) -> Response[Uploaded]:
    """Record many statuses: CSV, XLSX, JSON or NDJSON, as the body itself or as a file of a form.

    `mode=all` records all rows or none; `mode=valid` those that are right. `dry_run=true` records nothing and tells what
    would be. Rows without a phase are skipped. Columns may be named in German or English.
    """
    asked = municipality_id(municipality)
    delegate = await desk(request).recording_for(request.caller, asked)
    here = await known(desk(request).engine, asked)
    return Response(await upload(request, here, mode=mode, dry_run=dry_run, told=format, delegate=delegate))


class ConfirmBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which services were checked: their keys, or `all` that are recorded (so also if left out)."""

    services: list[str] | Literal["all"] = "all"


@post(
    f"{PATH}/confirm",
    operation_id="confirm_statuses",
    status_code=200,
    guards=[require("editor", "operator")],
    opt=takes(IDEMPOTENCY_KEY),
    responses=problems(404, 409, 410, 422),
)
async def confirm_statuses(
    request: EdgeRequest, municipality: FromPath[str], data: JSONBody[ConfirmBody]
) -> Response[Confirmed]:
    """Checked, still true: says so of each service that has something recorded."""
    asked = municipality_id(municipality)
    delegate = await desk(request).recording_for(request.caller, asked)
    here = await known(desk(request).engine, asked)
    today = desk(request).today()
    if data.services == "all":
        timelines = await timelines_of(desk(request).engine, here.id)
        services = tuple(service for service, timeline in timelines.items() if timeline.on(today) is not None)
    else:
        services = tuple(service_key(one, "services") for one in data.services)
    command = ConfirmStatuses(municipality=here.id, services=services, today=today, delegate=delegate)
    return answered(await desk(request).keep(request, command))


HANDLERS = [download_sheet, upload_sheet, confirm_statuses]
