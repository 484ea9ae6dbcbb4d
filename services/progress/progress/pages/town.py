"""A municipality's page: its figures, what is open to it, all its services, what its peers have, what happened."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import bare, municipality_id
from progress.desk import desk
from progress.domain.names import LEVELS, PHASES, THEMES, named
from progress.pages import comparing
from progress.pages.asked import Asked, asked
from progress.pages.inbox import latest, tag
from progress.pages.pictures import bars, lines, tiles
from progress.pages.rendering import REFUSED, page
from progress.projections import cells, history, municipalities, standing, whole
from progress.projections.blind_spots import BlindSpots, blind_spots
from progress.projections.cells import Cell, Stand
from progress.projections.history import Status
from progress.projections.opportunities import opportunities
from progress.routes.unchanged import not_modified

MOST_CELLS: Final = 2000
LATEST: Final = 12
_SHOWN_SPOTS: Final = 8
_STALE: Final = timedelta(days=548)
"""What nobody confirmed for so long bears a mark: eighteen months."""


@get("/kommunen/{municipality:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_town(request: EdgeRequest, municipality: FromPath[str]) -> Response[str] | Response[None]:
    """As of the day chosen."""
    by = asked(request)
    key = municipality_id(municipality)
    inbox = await latest(by, key)
    if (same := not_modified(request, tag(inbox))) is not None:
        return same
    async with desk(request).reading() as connection:
        town = await standing.town(connection, key, by.moment)
        answer = await municipalities.municipality(connection, key, by.moment)
        listed = await cells.listed(connection, town.id, by.moment, own=True, limit=MOST_CELLS)
        others = await cells.listed(connection, town.id, by.moment, own=False, limit=MOST_CELLS)
        open_now = await opportunities(connection, key, by.moment)
        spots = await blind_spots(connection, key, by.moment)
        around = await whole.region(connection, town.region, by.moment)
        beside = await comparing.beside(connection, by, town, answer)
        changes = await history.changes(connection, town.id, by.moment, LATEST)
    own = [cell for cell in listed if cell.countable or cell.service.key.startswith("basis:")]
    return page(
        by,
        "town.html",
        answer=answer,
        api=f"/api/progress/v1/municipalities/{bare(key)}",
        section="towns",
        also=tag(inbox),
        inbox=inbox,
        plain=by.words["plain_town"].format(town=answer.municipality.name),
        demonstration=answer.demonstration or open_now.demonstration,
        town=answer.municipality,
        level_words=[named(LEVELS, level)[by.language] for level in answer.municipality.levels],
        pieces=bars.states(answer.online.own, answer.compliant.own),
        opportunities=open_now.items,
        groups=_groups(by, own),
        legend=_legend(own),
        stale=lambda cell: stale(cell, by.moment.as_of),
        elsewhere=_elsewhere(others),
        chart=lines.chart([point.as_of for point in answer.trend], comparing.series(by, answer, around, beside)),
        beside=beside,
        compared=comparing.figures(by, answer, around, beside),
        by_theme=comparing.themes(by, answer, around, beside),
        peers=_peers(by, spots, beside.peers.reporting),
        spots=spots.items[:_SHOWN_SPOTS],
        changes=changes,
        status=lambda one: status(by, one),
        basis=lambda code: by.words[f"basis_{code}"] if code else "",
    )


def status(by: Asked, one: Status | Stand | None) -> str:
    """*live, Reifegrad 3*; *nicht erfasst* where there is none."""
    if one is None:
        return by.words["t_empty"]
    words = named(PHASES, one.phase)[by.language]
    return words if one.level is None else f"{words}, {by.words['maturity']} {one.level}"


def stale(cell: Cell, day: date) -> bool:
    """Whether it was long ago that anybody said so."""
    stand = cell.status
    if stand is None or stand.phase == "not_applicable":
        return False
    return day - max(stand.recorded_on, stand.confirmed_on or stand.recorded_on) > _STALE


def _groups(by: Asked, own: Sequence[Cell]) -> list[dict[str, Any]]:
    """By theme, those with most services first; components last."""
    found: dict[str, list[Cell]] = {}
    for cell in own:
        found.setdefault(cell.theme if cell.countable else "components", []).append(cell)
    groups = [
        {
            "key": theme,
            "title": by.words["components"] if theme == "components" else named(THEMES, theme)[by.language],
            "online": sum(cell.status is not None and cell.status.online for cell in several),
            "of": sum(cell.status is None or cell.status.phase != "not_applicable" for cell in several),
            "tiles": _far_first(several),
        }
        for theme, several in found.items()
    ]
    return sorted(groups, key=lambda group: (group["key"] == "components", -len(group["tiles"])))


def _far_first(several: Sequence[Cell]) -> list[tiles.Tile]:
    order = [kind for kind, _, _ in tiles.LEGEND]
    found = [tiles.tile(cell) for cell in several]
    return sorted(found, key=lambda tile: (order.index(tile.kind), tile.cell.service.title))


def _legend(own: Sequence[Cell]) -> list[tuple[str, str, str, int]]:
    """Each kind of tile with how many there are."""
    kinds = [tiles.tile(cell).kind for cell in own]
    return [(kind, sign, words, kinds.count(kind)) for kind, sign, words in tiles.LEGEND]


def _elsewhere(others: Sequence[Cell]) -> list[dict[str, Any]]:
    """Who delivers how much of what the municipality does not deliver itself."""
    found: dict[str, list[Cell]] = {}
    for cell in others:
        if cell.countable:
            found.setdefault(cell.delivered_by.id, []).append(cell)
    return [
        {
            "provider": several[0].delivered_by,
            "online": sum(cell.status is not None and cell.status.online for cell in several),
            "cells": sorted(several, key=lambda cell: cell.service.title),
        }
        for several in sorted(found.values(), key=len, reverse=True)
    ]


def _peers(by: Asked, spots: BlindSpots, reporting: int) -> str:
    """Who is comparable, in words, and how many of them report."""
    group = spots.group
    levels = " + ".join(named(LEVELS, level)[by.language] for level in group.levels)
    return by.words["peers_text"].format(
        count=by.formats.num(group.municipalities),
        levels=levels,
        size=group.size_class,
    ) + (by.words["peers_report"].format(count=by.formats.num(reporting)) if reporting else by.words["peers_silent"])


HANDLERS = [show_town]
