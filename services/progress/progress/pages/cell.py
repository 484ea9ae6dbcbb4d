"""One service in one municipality: what holds there, on whose word, all that was ever said of it; and saying more."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from edge.asking import EdgeRequest
from edge.conditional import etag
from edge.problems import Problem
from events.contracts.keys import bare, municipality_id, service_key
from progress.desk import desk
from progress.pages import chronicle, entering
from progress.pages.acting import ACT, once
from progress.pages.asked import Asked, asked
from progress.pages.calling import NotDone, neighbours
from progress.pages.chronicle import Held, Said
from progress.pages.entering import Entered
from progress.pages.pictures import tiles
from progress.pages.rendering import REFUSED, private, redirect
from progress.pages.town import MOST_CELLS, status
from progress.projections import cells, services, standing
from progress.projections.cells import Cell, ServiceRef
from progress.projections.history import Status
from progress.projections.standing import Town

PATH: Final = "/kommunen/{municipality:str}/leistungen/{service:str}"
_DONE: Final = frozenset({"gespeichert", "unveraendert", "bestaetigt", "zurueckgenommen"})


class Place(NamedTuple):
    """What the page is about: a town, a service, and the cell of both, if anybody delivers it there."""

    town: Town
    service: ServiceRef
    cell: Cell | None

    @property
    def component(self) -> bool:
        """No service, so without maturity."""
        return self.service.key.startswith("basis:")

    @property
    def own(self) -> bool:
        return self.cell is not None and self.cell.own

    @property
    def here(self) -> str:
        """The page's path."""
        return f"/kommunen/{bare(self.town.key)}/leistungen/{bare(self.service.key)}"

    @property
    def there(self) -> str:
        """Where the catalog keeps its status."""
        return chronicle.path_of(bare(self.town.key), self.service.key)


@get(PATH, include_in_schema=False, exception_handlers=REFUSED)
async def show_cell(request: EdgeRequest, municipality: FromPath[str], service: FromPath[str]) -> Response[str]:
    """As of the day chosen; whoever may record finds the form."""
    by = asked(request)
    await caught_up(by)
    place = await _place(by, municipality, service)
    return await _page(by, place)


@post(PATH, **ACT)
async def record(request: EdgeRequest, municipality: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """Record what the form says, unless somebody said something else meanwhile."""
    by, form = asked(request), await request.form()
    entered, version = entering.sent(form), str(form.get("version", ""))
    place = await _place(by, municipality, service)
    if wrong := entering.wrong_in(by, entered):
        return await _page(by, place, entered, wrong)
    body = entering.body_of(entered)
    try:
        told = await neighbours(by).ask(
            by,
            "catalog",
            "PUT",
            place.there,
            json=body,
            headers=_on(version),
            idempotency_key=once(str(form.get("nonce", "")), version, sorted(body.items(), key=lambda pair: pair[0])),
        )
    except NotDone as refusal:
        if refusal.status == 401:
            raise
        wrong = {"": by.words["changed_meanwhile"]} if refusal.status == 412 else entering.said_by(by, refusal)
        return await _page(by, place, entered, wrong, since=int(version) if version.isdecimal() else 0)
    return _back(by, place, "gespeichert", told.read(_Position).position)


@post(f"{PATH}/bestaetigen", **ACT)
async def confirm(request: EdgeRequest, municipality: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """Checked, still true."""
    by = asked(request)
    place = await _place(by, municipality, service)
    path = f"/municipalities/{bare(place.town.key)}/statuses/confirm"
    told = await neighbours(by).ask(by, "catalog", "POST", path, json={"services": [place.service.key]})
    return _back(by, place, "bestaetigt", told.read(_Position).position)


@get(f"{PATH}/zuruecknehmen", include_in_schema=False, exception_handlers=REFUSED)
async def ask_whether(request: EdgeRequest, municipality: FromPath[str], service: FromPath[str]) -> Response[str]:
    """What would hold again, before it is taken back."""
    by = asked(request)
    place = await _place(by, municipality, service)
    said = await chronicle.chronicle(by, bare(place.town.key), place.service.key)
    now = chronicle.held(said, by.days.today)
    days = [one for one in said if one.effective_on != now.effective_on]
    return private(
        by,
        "retract.html",
        section="towns",
        place=place,
        held=now,
        then=chronicle.held(days, by.days.today),
        words_of=lambda state: _words(by, state),
    )


@post(f"{PATH}/zuruecknehmen", **ACT)
async def retract(request: EdgeRequest, municipality: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """Void what is in force; what was before it holds again."""
    by, form = asked(request), await request.form()
    place = await _place(by, municipality, service)
    version = str(form.get("version", ""))
    try:
        told = await neighbours(by).ask(by, "catalog", "DELETE", place.there, headers=_on(version))
    except NotDone as refusal:
        if refusal.status != 412:
            raise
        return await _page(by, place, None, {"": by.words["changed_meanwhile"]}, since=int(version or 0))
    return _back(by, place, "zurueckgenommen", told.read(_Position).position)


class _Position(msgspec.Struct):
    position: int


async def _place(by: Asked, municipality: str, service: str) -> Place:
    """Raises MalformedKey, Unknown."""
    here, what = municipality_id(municipality), service_key(service)
    async with desk(by.request).reading() as connection:
        town = await standing.town(connection, here, by.moment)
        _, known = await services.find(connection, what)
        listed = await cells.listed(connection, town.id, by.moment, limit=MOST_CELLS)
    cell = next((one for one in listed if one.service.key == what), None)
    return Place(town, ServiceRef(key=known.key, title=known.title), cell)


async def _page(
    by: Asked,
    place: Place,
    entered: Entered | None = None,
    wrong: dict[str, str] | None = None,
    since: int | None = None,
) -> Response[str]:
    """The page; with what was entered and what is wrong with it, if so, and what others said since that version."""
    town, service = bare(place.town.key), place.service.key
    said: Sequence[Said] = ()
    away = may = False
    try:
        said = await chronicle.chronicle(by, town, service)
        may = by.moment.latest and await chronicle.may_record(by, place.town.key)
    except Problem as problem:
        if problem.type_slug != "neighbour-away":
            raise
        away = True
    now = chronicle.held(said, by.days.today)
    form = (
        await _form(by, place, entered or entering.shown(now.state, by.days.today), now) if may and place.own else None
    )
    known = [one for one in said if one.recorded_on <= by.moment.known_at]
    return private(
        by,
        "cell.html",
        status=422 if wrong else 200,
        section="towns",
        place=place,
        tile=tiles.tile(place.cell) if place.cell is not None else None,
        state=status(by, place.cell.status if place.cell is not None else None),
        away=away,
        may=may,
        held=now,
        form=form,
        wrong=wrong or {},
        done=by.request.query_params.get("erledigt", "") if by.request.method == "GET" else "",
        said=list(reversed(known)),
        others=[one for one in said if since is not None and one.version > since],
        words_of=lambda state: _words(by, state),
        who=lambda one: _who(place, one),
        basis=lambda code: by.words[f"basis_{code}"] if code else "",
    )


async def _form(by: Asked, place: Place, entered: Entered, now: Held) -> dict[str, Any]:
    known = await chronicle.solutions_for(by, place.service.key)
    return {
        "entered": entered,
        "version": now.version,
        "nonce": by.request.app.state["new_id"](),
        "phases": entering.phases(by),
        "maturities": [] if place.component else entering.maturities(by),
        "reasons": entering.reasons(by),
        "solutions": entering.offered(by, known, entered.solution),
    }


def _words(by: Asked, state: Any) -> str:
    level = state.maturity.level if state is not None and state.maturity is not None else None
    return status(by, None if state is None else Status(phase=state.phase, level=level))


def _who(place: Place, one: Said) -> str:
    """Whoever said it: by name where that is known here."""
    if one.delegate is not None:
        return one.delegate.name
    return place.town.name if one.authority == place.town.key else bare(one.authority)


def _on(version: str) -> dict[str, str]:
    """On which version the change was made; on none if nothing was ever said."""
    if not version.isdecimal():
        return {}
    return {"if-match": etag(int(version))} if int(version) else {"if-none-match": "*"}


async def caught_up(by: Asked) -> None:
    """Who just did something sees it; if that takes too long, the page comes without."""
    position = by.request.query_params.get("at_least", "")
    if position.isdecimal() and len(position) < 19:
        try:
            await desk(by.request).wait(int(position))
        except Problem as problem:
            if problem.status != 503:
                raise


def _back(by: Asked, place: Place, done: str, position: int) -> Response[Any]:
    return redirect(by.links.to(place.here, erledigt=done, at_least=position))


HANDLERS = [show_cell, record, confirm, ask_whether, retract]
