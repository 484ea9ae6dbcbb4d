"""A municipality's page: its figures, what is open to it, all its services, what its peers have."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from edge.asking import EdgeRequest
from edge.language import Language
from events.contracts.keys import MalformedKey, municipality_id
from progress.desk import desk
from progress.domain.names import LEVELS, THEMES, named
from progress.pages import pictures
from progress.pages.rendering import language_of, number, page
from progress.projections import cells, municipalities
from progress.projections.blind_spots import blind_spots
from progress.projections.cells import Cell
from progress.projections.moment import Unknown, month_ends
from progress.projections.opportunities import opportunities

MOST_CELLS = 2000


@get("/kommunen/{municipality:str}", include_in_schema=False)
async def show_town(
    request: EdgeRequest,
    municipality: FromPath[str],
    as_of: FromQuery[str | None] = None,
    known_at: FromQuery[date | None] = None,
    lang: FromQuery[str | None] = None,
) -> Response[str]:
    """As of today, or as of the day chosen (an empty choice is today)."""
    language = language_of(request, lang)
    moment = desk(request).moment(_day(as_of), known_at)
    try:
        key = municipality_id(municipality)
        async with desk(request).reading() as connection:
            answer = await municipalities.municipality(connection, key, moment)
            number_, known = await municipalities.find(connection, key)
            listed = await cells.listed(connection, number_, moment, own=True, limit=MOST_CELLS)
            open_now = await opportunities(connection, key, moment)
            spots = await blind_spots(connection, key, moment)
    except (Unknown, MalformedKey):
        return page(request, "unknown.html", language, status=404, q=municipality, demonstration=False)
    return page(
        request,
        "town.html",
        language,
        answer=answer,
        town=known,
        level_words=[LEVELS[level][language] for level in known.levels],
        bar=pictures.bar,
        chart=pictures.chart(answer.trend),
        groups=_groups(listed, language),
        legend=pictures.LEGEND,
        opportunities=open_now.items,
        money=lambda amount: _money(amount, language),
        spots=spots,
        months=month_ends(desk(request).today())[-2::-1],
        demonstration=answer.demonstration or open_now.demonstration,
        download=f"/api/progress/v1/municipalities/{municipality}",
        as_of=answer.as_of,
        known_at=answer.known_at,
        today=desk(request).today(),
    )


def _day(text: str | None) -> date | None:
    """A day from a form; what is none is today."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _groups(listed: Sequence[Cell], language: Language) -> list[dict[str, Any]]:
    """Own countable services by theme, then components."""
    found: dict[str, list[Cell]] = {}
    for cell in listed:
        if cell.countable:
            found.setdefault(cell.theme, []).append(cell)
        elif cell.service.key.startswith("basis:"):
            found.setdefault("components", []).append(cell)
    groups = [
        {
            "key": theme,
            "title": None if theme == "components" else named(THEMES, theme)[language],
            "online": sum(cell.status is not None and cell.status.online for cell in several),
            "tiles": [pictures.tile(cell) for cell in _far_first(several)],
        }
        for theme, several in found.items()
    ]
    return sorted(groups, key=lambda group: (group["title"] is None, -len(group["tiles"])))


def _far_first(several: Sequence[Cell]) -> list[Cell]:
    order = [kind for kind, _, _ in pictures.LEGEND]
    return sorted(several, key=lambda cell: (order.index(pictures.tile(cell).kind), cell.service.title))


def _money(amount: dict[str, Any] | None, language: Language) -> str | None:
    """A range in whole units: `1.900–4.200 €`; None where nothing is said."""
    if not amount:
        return None
    ends = [number(amount[end], language) for end in ("from", "to") if amount.get(end) is not None]
    sign = {"EUR": "€"}.get(str(amount.get("currency")), str(amount.get("currency", "")))
    return f"{'–'.join(dict.fromkeys(ends))} {sign}" if ends else None


HANDLERS = [show_town]
