"""A municipality's services row by row: a clerk goes through a theme and says of each how far it is, one row or all at once.

What is sent is a sheet of the rows that were changed, so a row means here what it means in a spreadsheet.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from edge.asking import EdgeRequest
from edge.problems import Problem
from events.contracts.keys import bare, municipality_id
from events.contracts.parts import Maturity
from progress.desk import desk
from progress.domain.names import THEMES, named
from progress.pages import chronicle, entering
from progress.pages.acting import ACT, once
from progress.pages.asked import Asked, asked
from progress.pages.calling import SHEET_SECONDS, NotDone, Wrong, in_form_words, neighbours
from progress.pages.cell import caught_up
from progress.pages.rendering import REFUSED, private, redirect
from progress.pages.session import required
from progress.pages.town import MOST_CELLS
from progress.projections import cells, standing
from progress.projections.standing import Town

PATH: Final = "/kommunen/{municipality:str}/erfassen"
COMPONENTS: Final = "komponenten"
_COLUMNS: Final = ("service", "phase", "maturity_model", "maturity_level", "effective_on")
_MARK: Final = "|"
_LONG: Final = {"timeout": 130}


class SheetRow(msgspec.Struct, frozen=True):
    """A service as the municipality's sheet has it."""

    service: str
    title: str
    version: int
    phase: str | None = None
    maturity: Maturity | None = None
    effective_on: date | None = None
    confirmed_on: date | None = None


class _Sheet(msgspec.Struct):
    items: list[SheetRow]


class _Outcome(msgspec.Struct):
    position: int
    errors: list[Wrong] = []


class Entry(NamedTuple):
    """What stands in a row of the page. `was` is what it showed, of which version: it goes along in the form."""

    key: str
    title: str
    phase: str
    maturity: str
    effective_on: str
    was: str
    wrong: str = ""

    @property
    def id(self) -> str:
        return bare(self.key)

    @property
    def component(self) -> bool:
        return self.key.startswith("basis:")

    @property
    def edited(self) -> bool:
        """Only what was changed is sent on."""
        return _MARK.join((self.phase, self.maturity, self.effective_on)) != self.was.partition(_MARK)[2]

    def edits(self, version: int) -> bool:
        """Whether it is that version that was changed."""
        return self.was.partition(_MARK)[0] == str(version)


class Theme(NamedTuple):
    """A theme with how much of it is recorded."""

    key: str
    title: str
    recorded: int
    of: int


class Work(NamedTuple):
    """A town's sheet by themes."""

    town: Town
    theme: str
    themes: Sequence[Theme]
    rows: Sequence[SheetRow]
    """Those of the theme: first what is not recorded."""

    @property
    def here(self) -> str:
        return f"/kommunen/{bare(self.town.key)}/erfassen"


@get(PATH, include_in_schema=False, exception_handlers=REFUSED)
async def show_rows(request: EdgeRequest, municipality: FromPath[str]) -> Response[str]:
    """A theme; first the one in which most is missing."""
    by = asked(request)
    required(request)
    await caught_up(by)
    work = await _work(by, municipality, request.query_params.get("thema", ""))
    done = request.query_params.get("erledigt", "")
    return _page(by, work, [_shown(row) for row in work.rows], done=int(done) if done.isdecimal() else None)


@post(PATH, **(dict(ACT) | {"opt": _LONG}))
async def record_rows(request: EdgeRequest, municipality: FromPath[str]) -> Response[Any]:
    """Record the rows that were changed, or the one whose button was pressed; what is wrong stays in its row."""
    by, form = asked(request), await request.form()
    work = await _work(by, municipality, str(form.get("thema", "")))
    only = str(form.get("nur", ""))
    sent = {row.service: _sent(row, form) for row in work.rows}
    versions = {row.service: row.version for row in work.rows}
    edited = [entry for entry in sent.values() if entry.edited]
    chosen = [entry for entry in edited if only in {"", entry.id}]
    wrong = {entry.key: by.words["row_changed"] for entry in chosen if not entry.edits(versions[entry.key])}
    fresh = [entry for entry in chosen if entry.key not in wrong]
    position = 0
    if fresh:
        outcome = await _record(by, work, fresh, str(form.get("nonce", "")))
        position = outcome.position
        for one in outcome.errors:
            wrong[fresh[(one.row or 1) - 1].key] = in_form_words(one.detail, entering.form_words(by))
    if not wrong and len(chosen) == len(edited):
        return redirect(by.links.to(work.here, thema=work.theme, erledigt=len(fresh), at_least=position))
    saved = frozenset(entry.key for entry in fresh if entry.key not in wrong)
    return await _again(by, work, sent, wrong, saved)


@post(f"{PATH}/bestaetigen", **ACT)
async def confirm_rows(request: EdgeRequest, municipality: FromPath[str]) -> Response[Any]:
    """All that is recorded in the theme was looked at and is still true."""
    by, form = asked(request), await request.form()
    work = await _work(by, municipality, str(form.get("thema", "")))
    services = [row.service for row in work.rows if row.phase is not None]
    path = f"/municipalities/{bare(work.town.key)}/statuses/confirm"
    told = await neighbours(by).ask(by, "catalog", "POST", path, json={"services": services})
    position = told.read(_Outcome).position
    return redirect(by.links.to(work.here, thema=work.theme, erledigt=len(services), at_least=position))


async def _work(by: Asked, municipality: str, theme: str) -> Work:
    """Raises a problem where whoever is signed in may not record there."""
    async with desk(by.request).reading() as connection:
        town = await standing.town(connection, municipality_id(municipality), by.moment)
        own = await cells.listed(connection, town.id, by.moment, own=True, limit=MOST_CELLS)
    if not await chronicle.may_record(by, town.key):
        raise _not_yours(town)
    path = f"/municipalities/{bare(town.key)}/statuses"
    told = await neighbours(by).ask(
        by, "catalog", "GET", path, params={"format": "json", "limit": "10000"}, seconds=SHEET_SECONDS
    )
    theme_of = {one.service.key: one.theme if one.countable else COMPONENTS for one in own}
    several: dict[str, list[SheetRow]] = {}
    for row in told.read(_Sheet).items:
        if row.service in theme_of:
            several.setdefault(theme_of[row.service], []).append(row)
    themes = sorted(
        (
            Theme(key, _title(by, key), sum(row.phase is not None for row in rows), len(rows))
            for key, rows in several.items()
        ),
        key=lambda one: one.title,
    )
    chosen = theme if theme in several else max(themes, key=lambda one: one.of - one.recorded, default=None)
    key = chosen.key if isinstance(chosen, Theme) else chosen or ""
    rows = sorted(several.get(key, []), key=lambda row: (row.phase is not None, row.title))
    return Work(town, key, themes, rows)


def _page(
    by: Asked,
    work: Work,
    entries: Sequence[Entry],
    *,
    wrong: int = 0,
    done: int | None = None,
    saved: frozenset[str] = frozenset(),
) -> Response[str]:
    return private(
        by,
        "rows.html",
        status=422 if wrong else 200,
        section="towns",
        work=work,
        entries=entries,
        done=done,
        wrong=wrong,
        saved=saved,
        recorded=sum(theme.recorded for theme in work.themes),
        of=sum(theme.of for theme in work.themes),
        nonce=by.request.app.state["new_id"](),
        phases=entering.phases(by),
        maturities=entering.maturities(by),
    )


async def _again(
    by: Asked, work: Work, sent: Mapping[str, Entry], wrong: Mapping[str, str], saved: frozenset[str]
) -> Response[str]:
    """What was saved as it is now; what is wrong, and what was changed in other rows, as it was sent."""
    now = await _work(by, bare(work.town.key), work.theme)
    entries = []
    for row in now.rows:
        entry = sent.get(row.service)
        if entry is None or row.service in saved or not entry.edited:
            entry = _shown(row)
        elif row.service in wrong:
            entry = entry._replace(was=f"{row.version}{_MARK}", wrong=wrong[row.service])
        entries.append(entry)
    return _page(by, now, entries, wrong=len(wrong), done=len(saved), saved=saved)


async def _record(by: Asked, work: Work, entries: Sequence[Entry], nonce: str) -> _Outcome:
    """As a sheet that has only these columns: what it does not name stays as it is."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for entry in entries:
        model, _, level = entry.maturity.partition(":")
        writer.writerow((entry.key, entry.phase, model, level, entry.effective_on))
    body = text.getvalue().encode()
    try:
        told = await neighbours(by).ask(
            by,
            "catalog",
            "POST",
            f"/municipalities/{bare(work.town.key)}/statuses",
            body=body,
            media_type="text/csv",
            params={"mode": "valid"},
            idempotency_key=once(nonce, body),
            seconds=SHEET_SECONDS,
        )
    except NotDone as refusal:
        if refusal.slug != "sheet-refused":
            raise
        return _Outcome(0, list(refusal.wrong))
    return told.read(_Outcome)


def _sent(row: SheetRow, form: Mapping[str, Any]) -> Entry:
    """What somebody sent for the row; nothing, if it was not on their page."""
    name = bare(row.service)
    phase, maturity, day = (
        str(form.get(f"{field}-{name}", "")).strip() for field in ("phase", "maturity", "effective_on")
    )
    was = str(form.get(f"was-{name}", "")) or _MARK.join(("", phase, maturity, day))
    return Entry(row.service, row.title, phase, maturity, day, was)


def _shown(row: SheetRow) -> Entry:
    maturity = f"{row.maturity.model}:{row.maturity.level}" if row.maturity is not None else ""
    day = row.effective_on.isoformat() if row.effective_on is not None else ""
    phase = row.phase or ""
    was = _MARK.join((str(row.version), phase, maturity, day))
    return Entry(row.service, row.title, phase, maturity, day, was)


def _title(by: Asked, theme: str) -> str:
    return by.words["components"] if theme == COMPONENTS else named(THEMES, theme)[by.language]


def _not_yours(town: Town) -> Problem:
    return Problem(
        403,
        "not-your-municipality",
        {"en": "Not your municipality", "de": "Nicht Ihre Kommune"},
        {
            "en": f"You are not signed in for {town.name}, and it has not delegated recording to you.",
            "de": f"Sie sind nicht für {town.name} angemeldet, und diese Kommune hat Ihnen das Erfassen nicht übertragen.",
        },
    )


HANDLERS = [show_rows, record_rows, confirm_rows]
