"""For citizens: what can be done online in a town, in plain words, with the way there, and how the town is doing."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import municipality_id
from events.contracts.regions import region_name
from progress.desk import desk
from progress.domain.figures import Figure
from progress.domain.names import THEMES, named
from progress.pages.asked import Asked, asked
from progress.pages.links import web
from progress.pages.rendering import REFUSED, page
from progress.pages.search import typed_in
from progress.projections import cells, municipalities, standing, whole
from progress.projections.cells import EVERY, Cell
from progress.projections.finding import matching
from progress.projections.municipalities import Municipality

MOST: Final = 600
"""More than a town has online; who looks for one thing among more types a word of it."""
_MOSTLY: Final = 0.5
"""Where less than this share is recorded, a comparison would say more about the recording than about the town."""
_ABOUT_THE_SAME: Final = 0.02
"""So far apart two shares read the same to most people."""


class Doable(NamedTuple):
    """Something one can do online: all of it, or only a part."""

    cell: Cell
    whole: bool
    url: str


@get("/kommunen/{municipality:str}/online", include_in_schema=False, exception_handlers=REFUSED)
async def show_online(request: EdgeRequest, municipality: FromPath[str]) -> Response[str]:
    """All that is online there, whoever delivers it; or, with `q`, what matches and how far that is."""
    by = asked(request)
    key, typed = municipality_id(municipality), typed_in(request)
    async with desk(request).reading() as connection:
        town = await standing.town(connection, key, by.moment)
        answer = await municipalities.municipality(connection, key, by.moment)
        around = await whole.region(connection, town.region, by.moment)
        known = await standing.catalogue_of(connection, town)
        among = reduce(or_, (1 << one.id for one in matching(known, typed)), 0) if typed else EVERY
        found = await cells.listed(
            connection, town.id, by.moment, which="all" if typed else "online", among=among, limit=MOST
        )
    place = town.name.partition(",")[0]
    countable = [cell for cell in found if cell.countable]
    online = [_doable(cell) for cell in countable if cell.status is not None and cell.status.online]
    return page(
        by,
        "online.html",
        answer=answer,
        section="towns",
        town=answer.municipality,
        place=place,
        q=typed,
        sentences=_sentences(by, answer, place, around.online.share or 0),
        unknown=_unknown(by, answer),
        nothing=answer.online.with_inherited.recorded + answer.online.with_inherited.excluded == 0,
        online=len(online),
        nowhere=any(not web(one.url) for one in online),
        themes=_by_theme(by, online),
        missing=[
            (cell, _why_not(by, cell)) for cell in countable if typed and not (cell.status and cell.status.online)
        ],
    )


def _doable(cell: Cell) -> Doable:
    stand = cell.status
    return Doable(cell, stand is not None and stand.compliant, (stand and stand.online_url) or "")


def _by_theme(by: Asked, online: Sequence[Doable]) -> list[tuple[str, list[Doable]]]:
    found: dict[str, list[Doable]] = {}
    for one in online:
        found.setdefault(named(THEMES, one.cell.theme)[by.language], []).append(one)
    return [(title, sorted(some, key=lambda one: one.cell.service.title)) for title, some in sorted(found.items())]


def _sentences(by: Asked, answer: Municipality, place: str, around: float) -> list[str]:
    """How the town is doing, in two sentences."""
    figure = answer.online.with_inherited
    if not figure.recorded:
        return [by.words["doing_nothing"].format(place=place), by.words["doing_unknown"]]
    if figure.recorded < _MOSTLY * figure.denominator:
        return [_counted(by, place, figure), by.words["doing_mostly_unknown"]]
    difference = (answer.online.own.share or 0) - around
    than = "like" if abs(difference) < _ABOUT_THE_SAME else "more" if difference > 0 else "less"
    compared = by.words[f"doing_{than}"].format(region=region_name(answer.municipality.region, by.language))
    return [_counted(by, place, figure), compared]


def _counted(by: Asked, place: str, figure: Figure) -> str:
    online, of = by.formats.num(figure.numerator), by.formats.num(figure.denominator)
    return by.words["doing"].format(place=place, online=online, of=of)


def _unknown(by: Asked, answer: Municipality) -> str:
    """What nobody said anything of is not what cannot be done."""
    figure = answer.online.with_inherited
    unknown = figure.denominator - figure.recorded
    if not unknown:
        return ""
    return by.words["online_unknown_one" if unknown == 1 else "online_unknown"].format(count=by.formats.num(unknown))


def _why_not(by: Asked, cell: Cell) -> str:
    stand = cell.status
    if stand is None:
        return by.words["not_yet_unknown"]
    if stand.phase == "not_applicable":
        return by.words["not_yet_nowhere"]
    return by.words["not_yet_soon" if stand.phase in _SOON else "not_yet"]


_SOON: Final = ("planned", "in_preparation", "in_implementation", "pilot")
HANDLERS = [show_online]
