"""How far one municipality is: its own services, and with what others deliver there."""

from collections.abc import Sequence
from typing import Final

import msgspec

from events.log.connect import Connection
from progress.domain.classes import COMPONENTS, SERVICES, level_names, size_label
from progress.domain.figures import Counts, Figure, figure, total
from progress.domain.names import THEMES, named
from progress.projections import cells, parts, trends
from progress.projections.cells import Group, MunicipalityRef
from progress.projections.moment import Answer, Moment, Unknown, position, row, rows
from progress.projections.parts import Part
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


_FIND: Final = "SELECT a.* FROM authority_aliases l JOIN authorities a ON a.id = l.authority WHERE l.key = :key"
_PARENTS: Final = """
    SELECT a.key, a.name FROM authorities me CROSS JOIN LATERAL unnest(me.parents) WITH ORDINALITY n(key, place)
    JOIN authorities a ON a.key = n.key WHERE me.id = :authority ORDER BY n.place
"""
UNIT: Final = "services"


async def find(connection: Connection, key: str) -> tuple[int, Known]:
    """By its id or any official key it ever had. Raises Unknown."""
    found = await row(connection, _FIND, key=key)
    if found is None:
        raise Unknown("municipality", key)
    parents = await rows(connection, _PARENTS, authority=found.id)
    return found.id, Known(
        id=found.key,
        name=found.name,
        levels=list(level_names(found.levels)),
        region=found.region,
        inhabitants=found.inhabitants,
        size_class=size_label(found.size),
        own_administration=found.own_administration,
        parents=[MunicipalityRef(id=parent["key"], name=parent["name"]) for parent in parents],
        successor=found.successor,
    )


async def municipality(
    connection: Connection, key: str, moment: Moment, unit: Unit = "responsibilities", of: Of = "any"
) -> Municipality:
    """One municipality. Raises Unknown."""
    authority, known = await find(connection, key)
    groups = await cells.grouped(connection, authority, moment)
    own = [group for group in groups if group.own]
    services = [group for group in own if group.family == SERVICES]
    components = total(group.counts for group in own if group.family == COMPONENTS)
    themes = sorted({group.theme for group in services})
    online, compliant = (_both(measure, groups, unit, of) for measure in ("online", "compliant"))
    return Municipality(
        as_of=moment.as_of,
        known_at=moment.known_at,
        position=await position(connection),
        demonstration=any(group.counts.demonstration for group in groups if group.family != 2),
        municipality=known,
        online=online,
        compliant=compliant,
        counts=total(group.counts for group in services),
        components=Components(online=components.figure("online", "components")),
        themes=[
            parts.part(theme, named(THEMES, theme), total(g.counts for g in services if g.theme == theme), UNIT)
            for theme in themes
        ],
        trend=await trends.of_authority(connection, authority, moment),
    )


def _both(measure: str, groups: Sequence[Group], unit: Unit, of: Of) -> Both:
    countable = [group for group in groups if group.family == SERVICES]
    own = [group for group in countable if group.own]
    if unit == "bundles":
        return Both(own=_bundles(measure, own, of), with_inherited=_bundles(measure, countable, of))
    return Both(
        own=total(group.counts for group in own).figure(measure, UNIT),
        with_inherited=total(group.counts for group in countable).figure(measure, UNIT),
    )


def _bundles(measure: str, groups: Sequence[Group], of: Of) -> Figure:
    grouped = [total(several) for several in cells.bundles_of(groups).values()]
    concerned = [one for one in grouped if one.responsible - one.excluded > 0]
    return figure(
        sum(
            getattr(one, measure) > 0 if of == "any" else getattr(one, measure) == one.responsible - one.excluded
            for one in concerned
        ),
        len(grouped),
        unit="bundles",
        recorded=sum(one.recorded > 0 for one in concerned),
        excluded=len(grouped) - len(concerned),
        definition=f"{measure}-bundle-{of}@1",
    )
