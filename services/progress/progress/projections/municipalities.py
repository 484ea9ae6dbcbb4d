"""How far one municipality is: its own services, and with what others deliver there."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from events.log.connect import Connection
from progress.domain.classes import COMPONENTS, SERVICES, UNCOUNTED, level_names, size_label
from progress.domain.figures import Counts, Figure, figure
from progress.domain.measures import MEASURES
from progress.domain.names import THEMES, named
from progress.facts.bitmaps import Bits
from progress.projections import held, parts, standing, trends
from progress.projections.catalogue import Catalogue
from progress.projections.cells import MunicipalityRef
from progress.projections.held import EXCLUDED, RECORDED
from progress.projections.moment import Answer, Moment, Unknown, in_snapshot, month_ends, records, row
from progress.projections.parts import Part
from progress.projections.standing import Cells, Town
from progress.projections.whole import Components, Of, Unit


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a municipality itself."""

    id: str
    name: str
    levels: list[str]
    region: str
    inhabitants: int | None
    size_class: str
    own_administration: bool
    parents: list[MunicipalityRef]
    successor: str | None


class Both(msgspec.Struct, frozen=True, kw_only=True):
    """What it does itself, and with what association, district, Land and federation deliver there."""

    own: Figure
    with_inherited: Figure


class Municipality(Answer, frozen=True, kw_only=True):
    """The state of one municipality."""

    municipality: Known
    online: Both
    compliant: Both
    counts: Counts
    components: Components
    themes: list[Part]
    trend: list[trends.TrendPoint]


_FIND: Final = """
    SELECT a.*, ARRAY(
        SELECT ROW(p.key, p.name) FROM unnest(a.parents) WITH ORDINALITY n (key, place)
        JOIN authorities p ON p.key = n.key ORDER BY n.place) AS above
    FROM authority_aliases l JOIN authorities a ON a.id = l.authority WHERE l.key = :key
"""
UNIT: Final = "services"
_DEMONSTRATION: Final = MEASURES.index("demonstration")
_SUMS: Final = ", ".join(f"sum({name})::bigint" for name in trends.LINE)
_MONTHS: Final = f"""
    SELECT date_trunc('month', day)::date, {_SUMS} FROM authority_counts_days
    WHERE authority = :authority AND family = {SERVICES} AND day < :before AND known <= :known GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - our own constants
_NOW: Final = standing.town_with(
    f"""ARRAY(SELECT ROW(authority, measure, kept) FROM ({
        held.bitmaps_of("(SELECT me.id UNION SELECT id FROM above UNION SELECT provider FROM serving)")
    }) held)""",  # noqa: S608 - our own constants
    f"""ARRAY(SELECT ROW(month, {_SUMS}) FROM authority_counts_months
              WHERE authority = me.id AND family = {SERVICES} AND month < :before GROUP BY month ORDER BY month)""",  # noqa: S608 - our own constants
)
"""What is known now, in one statement."""


async def find(connection: Connection, key: str) -> tuple[int, Known]:
    """By its id or any official key it ever had. Raises Unknown."""
    found = await row(connection, _FIND, key=key)
    if found is None:
        raise Unknown("municipality", key)
    return found.id, _known(found, [MunicipalityRef(id=key, name=name) for key, name in found.above])


def _known(found: Any, parents: list[MunicipalityRef]) -> Known:
    return Known(
        id=found.key,
        name=found.name,
        levels=list(level_names(found.levels)),
        region=found.region,
        inhabitants=found.inhabitants,
        size_class=size_label(found.size),
        own_administration=found.own_administration,
        parents=parents,
        successor=found.successor,
    )


async def municipality(
    connection: Connection, key: str, moment: Moment, unit: Unit = "responsibilities", of: Of = "any"
) -> Municipality:
    """One municipality. Raises Unknown."""
    found = await (_now if moment.latest else _then)(connection, key, moment)
    town, catalogue, cells = found.town, found.catalogue, found.cells
    own = cells.own & catalogue.families[SERVICES]
    counts = cells.counts(own)
    everything = cells.counts(cells.all & catalogue.families[SERVICES])
    online, compliant = (
        _bundles_of_both(measure, cells, catalogue, of)
        if unit == "bundles"
        else Both(own=counts.figure(measure, UNIT), with_inherited=everything.figure(measure, UNIT))
        for measure in ("online", "compliant")
    )
    return Municipality(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=town.position,
        demonstration=bool(cells.held[_DEMONSTRATION] & ~catalogue.families[UNCOUNTED]),
        municipality=_known(town, [MunicipalityRef(id=one.key, name=one.name) for one in town.above if one.parent]),
        online=online,
        compliant=compliant,
        counts=counts,
        components=Components(
            online=cells.counts(cells.own & catalogue.families[COMPONENTS]).figure("online", "components")
        ),
        themes=[
            parts.line(theme, named(THEMES, theme), services.bit_count(), cells.sums(services, trends.LINE), UNIT)
            for theme, services in sorted((theme, own & bits) for theme, bits in catalogue.themes.items())
            if services
        ],
        trend=_trend(found, counts, moment),
    )


def _bundles_of_both(measure: str, cells: Cells, catalogue: Catalogue, of: Of) -> Both:
    countable = catalogue.families[SERVICES]
    return Both(
        own=_bundles(measure, cells, catalogue, cells.own & countable, of),
        with_inherited=_bundles(measure, cells, catalogue, cells.all & countable, of),
    )


def _bundles(measure: str, cells: Cells, catalogue: Catalogue, services: Bits, of: Of) -> Figure:
    """Of the bundles with any service among these: those of which any or all that apply are online (compliant)."""
    applying = services & ~cells.held[EXCLUDED]
    recorded = applying & cells.held[RECORDED]
    done = applying & cells.held[MEASURES.index(measure)]
    missing = applying & ~done
    bundles = [bits for bits in catalogue.bundles.values() if bits & services]
    concerned = [bits for bits in bundles if bits & applying]
    reached = [bits for bits in concerned if bits & done]
    return figure(
        len(reached) if of == "any" else sum(not bits & missing for bits in reached),
        len(bundles),
        unit="bundles",
        recorded=sum(bool(bits & recorded) for bits in concerned),
        excluded=len(bundles) - len(concerned),
        definition=f"{measure}-bundle-{of}@1",
    )


class _Found(NamedTuple):
    town: Town
    catalogue: Catalogue
    cells: Cells
    months: Sequence[Any]


async def _now(connection: Connection, key: str, moment: Moment) -> _Found:
    before = moment.as_of.replace(day=1)
    asked = {"measures": list(held.ALL), "before": before}
    town, (bitmaps, months) = await standing.more_of(connection, _NOW, key, moment, **asked)
    catalogue = await standing.catalogue_of(connection, town)
    own, providers = standing.delivering(town, catalogue, moment.as_of)
    return _Found(town, catalogue, standing.cells(own, providers, held.held_in(bitmaps)), months)


async def _then(connection: Connection, key: str, moment: Moment) -> _Found:
    """What was known on an earlier day."""
    in_snapshot(connection)
    town = await standing.town(connection, key, moment)
    catalogue = await standing.catalogue_of(connection, town)
    cells = await standing.cells_of(connection, town, catalogue, moment)
    asked = {"authority": town.id, "before": moment.as_of.replace(day=1), "known": moment.known_at}
    return _Found(town, catalogue, cells, await records(connection, _MONTHS, **asked))


def _trend(found: _Found, now: Counts, moment: Moment) -> list[trends.TrendPoint]:
    """The development of its own countable services; `now` is the last point."""
    *earlier, last = month_ends(moment.as_of)
    points, sums, next_row = [], [0, 0, 0, 0], 0
    for day in earlier:
        while next_row < len(found.months) and found.months[next_row][0] <= day:
            sums = [total + more for total, more in zip(sums, found.months[next_row][1:], strict=True)]
            next_row += 1
        points.append(_point(day, _own_countable(found.town, found.catalogue, day), sums))
    return [*points, _point(last, now.responsible, [now.recorded, now.online, now.compliant, now.excluded])]


def _own_countable(town: Town, catalogue: Catalogue, day: date) -> int:
    return (standing.responsible(town, catalogue, day) & catalogue.families[SERVICES]).bit_count()


def _point(day: date, responsible: int, sums: list[int]) -> trends.TrendPoint:
    recorded, online, compliant, excluded = sums
    counted = Counts(responsible=responsible, recorded=recorded, online=online, compliant=compliant, excluded=excluded)
    return trends.TrendPoint(
        as_of=day, online=counted.figure("online", UNIT), compliant=counted.figure("compliant", UNIT)
    )
