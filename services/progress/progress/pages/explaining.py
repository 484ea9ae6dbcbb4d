"""Every figure explains itself: what it counts of what, on which day, by which definition, and the list behind it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import MalformedKey, bare, municipality_id, region_code
from events.contracts.regions import region_name
from events.log.connect import Connection
from progress.desk import desk
from progress.domain.figures import DEFINITIONS, Figure
from progress.pages.asked import Asked, asked
from progress.pages.rendering import REFUSED, page
from progress.pages.town import status
from progress.projections import areas, cells, municipalities, parts, standing, whole
from progress.projections.cells import Which
from progress.projections.districts import of_municipalities
from progress.projections.headline import state
from progress.projections.moment import Answer, Unknown

MOST: Final = 500
_WHICH: Final[dict[str, Which]] = {
    "online": "online",
    "konform": "compliant",
    "erfasst": "recorded",
    "alle": "all",
    "online-mit-uebergeordneten": "online",
}


class Entry(NamedTuple):
    """A line of the list behind a figure."""

    title: str
    href: str
    number: int | None
    of: int | None
    text: str = ""
    known: bool = True
    """Whether anything at all is recorded: what is not is no 0."""


class Explained(NamedTuple):
    """A figure and what is behind it. `numerator` of `denominator` in `unit` (the key of its words)."""

    answer: Answer
    place: str
    numerator: int
    denominator: int
    unit: str
    definition: str
    excluded: int
    entries: list[Entry]
    api: str
    following: str | None = None


@get("/zahlen", include_in_schema=False, exception_handlers=REFUSED)
async def list_definitions(request: EdgeRequest) -> Response[str]:
    """What the figures count, in words."""
    by = asked(request)
    async with desk(request).reading() as connection:
        known = await state(connection)
    answer = Answer(as_of=by.moment.as_of, known_at=by.moment.known_at, position=known.position)
    return page(by, "definitions.html", answer=answer, api="", definitions=list(DEFINITIONS.values()))


@get("/zahlen/{measure:str}", include_in_schema=False, exception_handlers=REFUSED)
async def explain(request: EdgeRequest, measure: FromPath[str]) -> Response[str]:
    """`ort` is a Land or a municipality; without it, everywhere."""
    by = asked(request)
    where = request.query_params.get("ort") or ""
    async with desk(request).reading() as connection:
        found = await _explainer(measure, where)(connection, by, measure, where)
    return page(
        by,
        "explained.html",
        answer=found.answer,
        api=found.api,
        name=by.words[f"figure_{measure}"],
        found=found,
        definition=None if _own_words(measure) in by.words else DEFINITIONS[found.definition],
        text=by.words.get(_own_words(measure), ""),
    )


def _own_words(measure: str) -> str:
    """The key of what it counts, where no definition says so."""
    return f"explain_{measure}"


def _explainer(measure: str, where: str) -> Callable[[Connection, Asked, str, str], Awaitable[Explained]]:
    """Raises Unknown."""
    if measure == "ueberall" and not where:
        return _everywhere
    if measure == "berichten" and not _is_town(where):
        return _reporting
    if _is_town(where) and measure in _WHICH:
        return _of_town
    if measure in ("online", "konform") and not _is_town(where):
        return _of_region
    raise Unknown("definition", measure)


def _is_town(where: str) -> bool:
    try:
        region_code(where or "DE")
    except MalformedKey:
        return True
    return False


async def _of_region(connection: Connection, by: Asked, measure: str, where: str) -> Explained:
    """By Land everywhere, by municipality in a Land."""
    pick: Callable[[Any], Figure] = lambda one: one.online if measure == "online" else one.compliant  # noqa: E731 - one field of two
    if where:
        answer = await whole.region(connection, where, by.moment)
        towns = await of_municipalities(connection, where, by.moment, _after(by), MOST)
        entries = [_entry(one.title["de"], by.links.figure(measure, ort=bare(one.key)), pick(one)) for one in towns]
    else:
        answer = await whole.overview(connection, by.moment)
        towns = []
        entries = sorted(
            _entry(one.title[by.language], by.links.figure(measure, ort=one.key), pick(one)) for one in answer.parts
        )
    figure = pick(answer)
    return Explained(
        answer,
        region_name(where, by.language) if where else by.words["germany"],
        figure.numerator,
        figure.denominator,
        "responsibilities",
        figure.definition,
        figure.excluded,
        entries,
        f"/api/progress/v1/{f'regions/{where}' if where else 'overview'}",
        following=f"{towns[-1].title['de']}|{towns[-1].key}" if len(towns) == MOST else None,
    )


def _after(by: Asked) -> tuple[str, str] | None:
    name, _, key = by.request.query_params.get("nach", "").partition("|")
    return (name, key) if key else None


def _entry(title: str, href: str, figure: Figure) -> Entry:
    return Entry(title, href, figure.numerator, figure.denominator, known=figure.recorded + figure.excluded > 0)


async def _of_town(connection: Connection, by: Asked, measure: str, where: str) -> Explained:
    """Service by service."""
    key = municipality_id(where)
    town = await standing.town(connection, key, by.moment)
    answer = await municipalities.municipality(connection, key, by.moment)
    inherited = measure == "online-mit-uebergeordneten"
    listed = await cells.listed(
        connection, town.id, by.moment, which=_WHICH[measure], own=None if inherited else True, limit=2000
    )
    both = answer.compliant if measure == "konform" else answer.online
    figure = both.with_inherited if inherited else both.own
    counted = {"erfasst": figure.recorded, "alle": figure.denominator}.get(measure, figure.numerator)
    entries = [
        Entry(
            cell.service.title,
            by.links.service(cell.service.key),
            None,
            None,
            status(by, cell.status),
        )
        for cell in listed
        if cell.countable
    ]
    return Explained(
        answer,
        answer.municipality.name,
        counted,
        figure.denominator,
        "services",
        figure.definition,
        figure.excluded,
        sorted(entries, key=lambda one: one.title),
        f"/api/progress/v1/municipalities/{bare(key)}",
    )


async def _reporting(connection: Connection, by: Asked, measure: str, where: str) -> Explained:
    """Who reports anything: by Land everywhere, by municipality in a Land."""
    if where:
        answer = await whole.region(connection, where, by.moment)
        towns = await of_municipalities(connection, where, by.moment, None, 10_000)
        entries = [
            Entry(one.title["de"], by.links.town(one.key), one.online.recorded, one.online.denominator)
            for one in towns
            if one.online.recorded + one.online.excluded
        ]
    else:
        answer = await whole.overview(connection, by.moment)
        who = await areas.reporting(connection, by.moment)
        entries = [
            Entry(one.title[by.language], by.links.figure(measure, ort=one.key), found.reporting, found.of)
            for one in answer.parts
            for found in [who.get(one.key, areas.NOBODY)]
        ]
    return Explained(
        answer,
        region_name(where, by.language) if where else by.words["germany"],
        answer.municipalities.reporting,
        answer.municipalities.of,
        "municipalities",
        "",
        0,
        entries,
        f"/api/progress/v1/{f'regions/{where}' if where else 'overview'}",
    )


async def _everywhere(connection: Connection, by: Asked, measure: str, where: str) -> Explained:  # noqa: ARG001 - one of several alike
    """Service by service: in how many of the municipalities that are responsible it is online."""
    answer = await whole.overview(connection, by.moment)
    places = (await state(connection)).responsible.countries
    services = await parts.of_everything(connection, by.moment, places)
    entries = [
        Entry(
            one.title,
            by.links.service(one.key),
            one.counts.online,
            one.counts.responsible - one.counts.excluded,
            known=one.counts.recorded > 0,
        )
        for one in services
    ]
    return Explained(
        answer,
        by.words["germany"],
        answer.services.everywhere,
        answer.services.of,
        "services",
        "",
        0,
        sorted(entries, key=lambda one: (-(one.number or 0) / max(one.of or 1, 1), one.title)),
        "/api/progress/v1/overview",
    )


HANDLERS = [list_definitions, explain]
