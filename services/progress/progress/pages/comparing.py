"""A municipality beside others: the median of its peers, its Land, and one that the reader chose."""

from collections.abc import Sequence
from typing import NamedTuple

from events.contracts.keys import MalformedKey, municipality_id
from events.contracts.regions import region_name
from events.log.connect import Connection
from progress.domain.figures import Figure
from progress.pages.asked import Asked
from progress.pages.pictures import lines
from progress.projections import among_peers, municipalities
from progress.projections.among_peers import Peers
from progress.projections.moment import Unknown
from progress.projections.municipalities import Municipality
from progress.projections.standing import Town
from progress.projections.towns import Town as Found
from progress.projections.towns import find_towns
from progress.projections.whole import Whole

_LONGEST = 200


class Beside(NamedTuple):
    """Whom it is compared with: one chosen, or those who may be meant by what was typed."""

    typed: str
    other: Municipality | None
    meant: Sequence[Found]
    peers: Peers


class Line(NamedTuple):
    """One line of the comparison: its own share, the other's, the median of its peers and that of its Land."""

    title: str
    own: Figure
    share: float | None
    other: float | None
    peers: float | None
    around: float | None


async def beside(connection: Connection, by: Asked, town: Town, answer: Municipality) -> Beside:
    """By `vergleich`, which is a key or a name."""
    typed = by.request.query_params.get("vergleich", "").replace("\0", " ")[:_LONGEST].strip()
    peers = await among_peers.medians(connection, town, answer, by.moment)
    other, meant = await _chosen(connection, by, typed) if typed else (None, [])
    if other is None and (one := _surely(typed, meant, answer.municipality.levels)) is not None:
        other, meant = await municipalities.municipality(connection, one.id, by.moment), []
    return Beside(typed, other, meant, peers)


async def _chosen(connection: Connection, by: Asked, typed: str) -> tuple[Municipality | None, Sequence[Found]]:
    try:
        return await municipalities.municipality(connection, municipality_id(typed), by.moment), []
    except (MalformedKey, Unknown):
        return None, await find_towns(connection, typed, 10)


def _surely(typed: str, meant: Sequence[Found], levels: Sequence[str]) -> Found | None:
    """The only one, or the only one of this very name and of the same levels."""
    namesakes = [
        one for one in meant if one.levels == list(levels) and one.name.partition(",")[0].casefold() == typed.casefold()
    ]
    return next((some[0] for some in (meant, namesakes) if len(some) == 1), None)


def series(by: Asked, answer: Municipality, around: Whole, beside: Beside) -> Sequence[lines.Series]:
    """Over two years the share online of its own services, and of those beside it; none where it never had any online."""
    own = [point.online.share for point in answer.trend]
    if not any(own):
        return []
    other = beside.other
    return [
        lines.Series("main", answer.municipality.name, own),
        *([lines.Series("deep", other.municipality.name, [one.online.share for one in other.trend])] if other else []),
        lines.Series("peer", by.words["peers_line"], beside.peers.line),
        lines.Series(
            "region",
            region_name(answer.municipality.region, by.language),
            [point.online.share for point in around.trend],
        ),
    ]


def figures(by: Asked, answer: Municipality, around: Whole, beside: Beside) -> list[Line]:
    """The figures of the page beside those of others."""
    other, peers = beside.other, beside.peers
    return [
        Line(
            by.words["online_own"],
            answer.online.own,
            answer.online.own.share,
            other.online.own.share if other else None,
            peers.online,
            around.online.share,
        ),
        Line(
            by.words["compliant_own"],
            answer.compliant.own,
            answer.compliant.own.share,
            other.compliant.own.share if other else None,
            peers.compliant,
            around.compliant.share,
        ),
        Line(
            by.words["recorded_own"],
            answer.online.own,
            recorded(answer.online.own),
            recorded(other.online.own) if other else None,
            peers.recorded,
            recorded(around.online),
        ),
    ]


def themes(by: Asked, answer: Municipality, around: Whole, beside: Beside) -> list[Line]:
    """Theme by theme the share online; what nobody recorded is left open."""
    others = {part.key: part.online for part in beside.other.themes} if beside.other else {}
    there = {part.key: part.online for part in around.themes}
    return [
        Line(
            part.title[by.language],
            part.online,
            _known(part.online),
            _known(others.get(part.key)),
            None,
            _known(there.get(part.key)),
        )
        for part in sorted(answer.themes, key=lambda one: one.title[by.language])
    ]


def recorded(figure: Figure) -> float | None:
    """The share of which anything is known."""
    return figure.recorded / figure.denominator if figure.denominator > 0 else None


def _known(figure: Figure | None) -> float | None:
    return None if figure is None or not figure.recorded else figure.share
