"""Pictures for elsewhere: each chart and map of the pages under an address of its own, as SVG and PNG.

`/bilder/stand.svg?ort=DE-SN` is a bar of states, `/bilder/entwicklung.png?ort=147130000000` lines over two years,
`/bilder/karte.svg` the map, `/bilder/laender.svg?leistung=…` one of the Länder; of what is chosen as on the pages: `ort`, `kreis`, `thema`, `leistung`, `loesung`, `vergleich`, `as_of`, `known_at`, `lang`.
"""

import textwrap
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import service_key, slug
from events.log.connect import Connection
from progress.desk import desk
from progress.pages import assets, lands
from progress.pages.asked import Asked, asked
from progress.pages.formatting import FORMATS
from progress.pages.pictures import bars, lines, maps
from progress.pages.pictures.paint import written_out
from progress.pages.pictures.raster import Raster
from progress.pages.rendering import REFUSED, drawn
from progress.pages.subjects import subject
from progress.projections import areas, whole
from progress.projections.moment import Answer, Unknown
from progress.projections.services import Service, service
from progress.projections.solutions import solution, users_by_region
from progress.projections.themes import Theme, theme
from progress.routes.unchanged import kept

WIDTH: Final = 800
_LETTERS: Final = 56
"""So many letters of a heading fit beside one another."""
_FEET: Final = 76
"""What is below the picture: the days and where it is from."""


class Drawing(NamedTuple):
    """A picture before it is drawn: which template, how high, what it says."""

    answer: Answer
    template: str
    height: int
    title: str
    text: str
    given: dict[str, Any]


@get("/bilder/{name:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_picture(request: EdgeRequest, name: FromPath[str]) -> Response[bytes]:
    """By what it shows and its form: `stand.svg`."""
    what, _, form = name.rpartition(".")
    if what not in _DRAWINGS or form not in ("svg", "png"):
        raise Unknown("picture", name)
    by = asked(request)
    async with desk(request).reading() as connection:
        drawing = await _DRAWINGS[what](connection, by)
    svg = _svg(by, drawing)
    body = svg.encode() if form == "svg" else await _raster(request).png(svg)
    return kept(request, drawing.answer.position, body)


def _raster(request: EdgeRequest) -> Raster:
    """The one of this app: it counts who waits."""
    found: Raster = request.app.state.setdefault("raster", Raster(assets.BUILT))
    return found


def _svg(by: Asked, one: Drawing) -> str:
    heading = textwrap.wrap(one.title, _LETTERS, max_lines=2, placeholder=" …")
    top = 46 + 32 * len(heading)
    return written_out(
        drawn(
            one.template,
            by.language,
            a=by.links,
            width=WIDTH,
            height=top + one.height + _FEET,
            top=top,
            heading=heading,
            title=one.title,
            text=one.text,
            demonstration=one.answer.demonstration,
            foot=_foot(by, one.answer),
            **one.given,
        )
    )


def _foot(by: Asked, answer: Answer) -> str:
    write, words = FORMATS[by.language], by.words
    days = f"{words['as_of']} {write.short_text(answer.as_of)}, {words['known_at']} {write.short_text(answer.known_at)}"
    return f"{days} · {words['picture_source']}"


async def _state(connection: Connection, by: Asked) -> Drawing:
    one = await subject(connection, by)
    pieces = bars.states(one.online, one.compliant)
    said = ", ".join(f"{by.words[piece.words]} {by.formats.pct(piece.share)}" for piece in pieces)
    given = {"pieces": pieces, "unit": by.words[one.unit]}
    return Drawing(one.answer, "image_state.svg", 120, f"{one.name}: {by.words['picture_state']}", said, given)


async def _trend(connection: Connection, by: Asked) -> Drawing:
    one = await subject(connection, by)
    days = [point.as_of for point in one.days]
    drawn_ones = [series for series in one.series if any(series.values)]
    plot = lines.plot(days, drawn_ones, width=752, height=380, left=46, right=250, every=6) if drawn_ones else None
    said = " ".join(f"{line.series.name}: {by.formats.pct(line.last)}." for line in (plot.lines if plot else ()))
    title, said = f"{one.name}: {by.words['picture_trend']}", said or by.words["trend_none"]
    return Drawing(one.answer, "image_trend.svg", 380, title, said, {"plot": plot})


async def _map(connection: Connection, by: Asked) -> Drawing:
    answer = await whole.overview(connection, by.moment)
    districts = await areas.districts(connection, by.moment)
    reporting = await areas.reporting(connection, by.moment)
    given = {
        "shapes": maps.merged(maps.shapes(districts)),
        "borders": maps.regions(),
        "labels": maps.labels(answer.parts, reporting),
    }
    return Drawing(answer, "image_map.svg", 780, by.words["where"], by.words["map_text"], given)


async def _lands(connection: Connection, by: Asked) -> Drawing:
    """Shares by Land of a theme or service, or where a solution is open."""
    query = by.request.query_params
    if name := query.get("loesung"):
        found = await solution(connection, slug(name), by.moment)
        opened = lands.opened(by, found, await users_by_region(connection, found.slug, by.moment))
        given = {"lands": lands.of_solution(by, opened), "kinds": lands.STATES}
        return Drawing(
            found, "image_lands.svg", 780, f"{found.name}: {by.words['where_open']}", by.words["opened_text"], given
        )
    answer: Service | Theme
    if query.get("leistung"):
        answer = await service(connection, service_key(query["leistung"]), by.moment)
        title = answer.service.title
    else:
        answer = await theme(connection, query.get("thema", ""), by.moment)
        title = answer.title[by.language]
    given = {"lands": lands.of_parts(by, answer.regions), "kinds": lands.SHARES}
    return Drawing(
        answer, "image_lands.svg", 780, f"{title}: {by.words['in_the_lands']}", by.words["lands_text"], given
    )


_DRAWINGS: Final[dict[str, Callable[[Connection, Asked], Awaitable[Drawing]]]] = {
    "stand": _state,
    "entwicklung": _trend,
    "karte": _map,
    "laender": _lands,
}
HANDLERS = [show_picture]
