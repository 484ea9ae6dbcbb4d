"""The start page: how far everyone is, where, in what, how fast, and what can be reused lately."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get

from edge.asking import EdgeRequest
from progress.desk import desk
from progress.pages.asked import Asked, asked
from progress.pages.pictures import bars, lines, maps
from progress.pages.rendering import REFUSED, page
from progress.pages.today import lately, live
from progress.projections import areas, whole
from progress.projections.recent import Recent, recent
from progress.projections.trends import TrendPoint
from progress.projections.whole import Whole

_YEAR: Final = 12
"""So many points of a trend are a year."""


@get("/", include_in_schema=False, exception_handlers=REFUSED)
async def start(request: EdgeRequest) -> Response[str]:
    """Everything at a glance; an empty installation says what to do first."""
    by = asked(request)
    async with desk(request).reading() as connection:
        answer = await whole.overview(connection, by.moment)
        districts = await areas.districts(connection, by.moment)
        reporting = await areas.reporting(connection, by.moment)
        offers = await recent(connection, by.moment)
    told = await lately(by, answer.position)
    regions = sorted(
        ((part, reporting.get(part.key, areas.NOBODY)) for part in answer.parts),
        key=lambda pair: (-(pair[0].online.share or 0), pair[0].title[by.language]),
    )
    return page(
        by,
        "start.html",
        answer=answer,
        api="/api/progress/v1/overview",
        section="overview",
        plain=by.words["plain_start"],
        empty=answer.counts.recorded + answer.counts.excluded == 0,
        nobody=answer.counts.responsible == 0,
        lead=_lead(by, answer),
        gained=_gained(by, answer),
        pieces=bars.states(answer.online, answer.compliant),
        shapes=maps.shapes(districts),
        borders=maps.regions(),
        labels=maps.labels(answer.parts, reporting),
        regions=regions,
        themes=sorted(answer.themes, key=lambda part: -(part.online.share or 0)),
        chart=trend(by, answer.trend),
        lately=told,
        live=live(by, answer.position, told),
        recent=offers,
        terms=lambda one: terms(by, one),
    )


def trend(by: Asked, points: Sequence[TrendPoint]) -> lines.Chart | None:
    """Online, compliant and recorded over two years."""
    names = (by.words["online_lower"], by.words["compliant"], by.words["recorded_lower"])
    return lines.chart([point.as_of for point in points], lines.of_points(points, names))


def _lead(by: Asked, answer: Whole) -> str:
    online, figure = answer.online.share or 0, answer.online
    unknown = 1 - figure.recorded / figure.denominator if figure.denominator else 1
    return by.words["lead"].format(online=_of_hundred(by, online), unknown=_of_hundred(by, unknown))


def _of_hundred(by: Asked, share: float) -> str:
    """Whole numbers; what is there but rounds to none is *fewer than one*."""
    return by.words["below_one"] if 0 < share < 0.005 else by.formats.num(round(100 * share))


def _gained(by: Asked, answer: Whole) -> str:
    """What a year added, in percentage points."""
    if len(answer.trend) <= _YEAR:
        return by.words["level_online"]
    before = answer.trend[-1 - _YEAR].online.share or 0
    return by.words["gained"].format(points=by.formats.points((answer.online.share or 0) - before))


def terms(by: Asked, one: Recent) -> str:
    """What it is and costs, in one line."""
    says: dict[str, Any] = one.terms
    year, once = by.formats.money(says.get("cost_per_year")), by.formats.money(says.get("cost_once"))
    found = [by.words.get(f"kind_{one.kind}", one.kind)] if one.kind else []
    if year:
        found.append(f"{year} {by.words['per_year']}")
    if once:
        found.append(f"{once} {by.words['once']}")
    if says.get("contract"):
        found.append(str(says["contract"]))
    return ", ".join(found) or by.words["no_terms"]


HANDLERS = [start]
