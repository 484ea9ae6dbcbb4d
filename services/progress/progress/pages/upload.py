"""A municipality's sheet on the pages: fetch it, hand it in, see row by row what it would change, and record that.

Between looking and recording the file travels in the form itself, as it was handed in: nothing of it is kept here, so there is
nothing to clean up or to lose, whichever process answers next, and the catalog reads the same bytes both times.
"""

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any, Final, Literal

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from edge.asking import EdgeRequest
from edge.problems import Problem
from events.contracts.keys import bare, municipality_id
from progress.desk import desk
from progress.pages.acting import ACT, once
from progress.pages.asked import Asked, asked
from progress.pages.calling import SHEET_SECONDS, NotDone, neighbours
from progress.pages.rendering import REFUSED, private
from progress.pages.session import required
from progress.pages.upload_reading import Tried, changed_rows, staying_rows, wrong_rows
from progress.projections import standing
from progress.projections.standing import Town

LARGEST: Final = 700_000
"""Bytes of a file that pages take: some thousands of rows, and several times what any municipality's own sheet has."""
_LARGEST_FORM: Final = 1_500_000
_PATH: Final = "/kommunen/{municipality:str}/tabelle"
_FILES: Final = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


@get(_PATH, include_in_schema=False, exception_handlers=REFUSED)
async def show_upload(request: EdgeRequest, municipality: FromPath[str]) -> Response[str]:
    """Where to fetch the sheet and to hand it in; after that, how much of it was recorded."""
    by = asked(request)
    required(request)
    return _form(by, await _town(by, municipality), recorded=_number(request.query_params.get("erfasst", "")))


@get(f"{_PATH}/{{form:str}}", include_in_schema=False, exception_handlers=REFUSED)
async def fetch_sheet(request: EdgeRequest, municipality: FromPath[str], form: FromPath[str]) -> Response[bytes]:
    """The sheet as a file, asked as the person who is signed in: their own notes are in it."""
    by = asked(request)
    required(request)
    kind: Literal["csv", "xlsx"] = "csv" if form == "csv" else "xlsx"
    town = await _town(by, municipality)
    asking = {"format": kind, "lang": by.language}
    told = await neighbours(by).ask(by, "catalog", "GET", _statuses(town), params=asking, seconds=SHEET_SECONDS)
    name = f"{by.words['sheet_file']}-{town.key.rpartition(':')[2]}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(told.body, media_type=_FILES[kind], headers=headers)


@post(_PATH, request_max_body_size=_LARGEST_FORM, **(dict(ACT) | {"status_code": 200, "opt": {"timeout": 130}}))
async def try_sheet(request: EdgeRequest, municipality: FromPath[str]) -> Response[str]:
    """What it would change, and what is wrong in it."""
    by = asked(request)
    required(request)
    town, form = await _town(by, municipality), await request.form()
    file = form.get("datei")
    body = await file.read() if isinstance(file, UploadFile) else b""
    if not body:
        return _form(by, town, wrong=by.words["file_missing"])
    if len(body) > LARGEST:
        return _form(by, town, wrong=by.words["file_too_large"].format(most=by.formats.num(LARGEST // 1000)))
    return await _preview(by, town, body)


@post(f"{_PATH}/erfassen", request_max_body_size=_LARGEST_FORM, **(dict(ACT) | {"opt": {"timeout": 130}}))
async def record_sheet(request: EdgeRequest, municipality: FromPath[str]) -> Response[Any]:
    """Record what was looked at; sent twice, it is recorded once."""
    by = asked(request)
    required(request)
    town, form = await _town(by, municipality), await request.form()
    mode = "valid" if form.get("mode") == "valid" else "all"
    body = _carried(str(form.get("blatt", "")))
    if not body:
        return _form(by, town, wrong=by.words["file_missing"])
    key = once(str(form.get("nonce", ""))[:100], town.key, mode, sha256(body).hexdigest())
    try:
        tried = await _send(by, town, body, key=key, mode=mode)
    except NotDone as no:
        return await _preview(by, town, body, wrong=no.detail)
    await _seen(by, tried.position)
    address = by.links.to(f"/kommunen/{bare(town.key)}/tabelle", erfasst=tried.recorded)
    return Response(None, status_code=303, headers={"location": address, "cache-control": "no-store"})


async def _preview(by: Asked, town: Town, body: bytes, wrong: str = "") -> Response[str]:
    try:
        tried = await _send(by, town, body, dry_run="true")
    except NotDone as no:
        return _form(by, town, wrong=no.detail)
    return private(
        by,
        "upload_preview.html",
        section="towns",
        town=town,
        tried=tried,
        wrong=wrong,
        wrong_rows=wrong_rows(tried),
        changed=changed_rows(by, tried),
        staying=staying_rows(tried),
        sheet=b64encode(body).decode(),
        nonce=str(by.request.app.state["new_id"]()),
    )


async def _send(by: Asked, town: Town, body: bytes, *, key: str | None = None, **asking: str) -> Tried:
    """What the file is, the catalog finds out from its first bytes. Raises NotDone."""
    told = await neighbours(by).ask(
        by,
        "catalog",
        "POST",
        _statuses(town),
        body=body,
        media_type="application/octet-stream",
        params=asking,
        idempotency_key=key,
        seconds=SHEET_SECONDS,
    )
    return told.read(Tried)


async def _seen(by: Asked, position: int) -> None:
    """So that who goes on to the town's page sees there what was recorded; if that takes long, they see it later."""
    try:
        await desk(by.request).wait(position)
    except Problem:
        return


async def _town(by: Asked, municipality: str) -> Town:
    async with desk(by.request).reading() as connection:
        return await standing.town(connection, municipality_id(municipality), by.moment)


def _form(by: Asked, town: Town, *, wrong: str = "", recorded: int | None = None) -> Response[str]:
    status = 422 if wrong else 200
    return private(by, "upload.html", status=status, section="towns", town=town, wrong=wrong, recorded=recorded)


def _carried(text: str) -> bytes:
    """The file as it came in the form; nothing if it is none."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _statuses(town: Town) -> str:
    return f"/municipalities/{town.key}/statuses"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


HANDLERS = [show_upload, fetch_sheet, try_sheet, record_sheet]
