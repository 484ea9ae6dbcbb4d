"""What authorities have recorded, as sets of services: for which of their own, on a day, each measure holds.

What is known now comes from the bitmaps, a few small rows per authority. What was known on an earlier day comes from the
recordings themselves, and takes as long as there are cells.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from events.log.connect import Connection
from progress.domain.measures import MEASURES
from progress.facts.bitmaps import Bits, toggled, unpacked
from progress.projections.moment import Moment, records

Held = tuple[Bits, ...]
"""The set of services of each measure, in the order of `MEASURES`."""
ALL: Final = range(len(MEASURES))
NOTHING: Final[Held] = (0,) * len(MEASURES)
RECORDED, ONLINE, EXCLUDED = (MEASURES.index(name) for name in ("recorded", "online", "excluded"))


def bitmaps_of(authorities: str) -> str:
    """A query about such authorities, a relation of one column: the last bitmaps up to `:day` of each of `:measures`.

    A row of each authority is without a measure: what was toggled since.
    """
    return f"""
    SELECT n.authority, k.measure, k.kept
    FROM {authorities} n (authority)
    LEFT JOIN LATERAL (
        SELECT day FROM bitmaps WHERE authority = n.authority AND day <= :day ORDER BY day DESC LIMIT 1
    ) l ON true
    CROSS JOIN LATERAL (
        SELECT measure, bits AS kept FROM bitmaps
        WHERE authority = n.authority AND day = l.day AND measure = ANY(CAST(:measures AS smallint[]))
        UNION ALL
        SELECT NULL, string_agg(services, ''::bytea) FROM toggles
        WHERE authority = n.authority AND day > coalesce(l.day, '-infinity') AND day <= :day
    ) k
    """  # noqa: S608 - composed of our own constants


_BITMAPS: Final = bitmaps_of("unnest(CAST(:authorities AS integer[]))")
_RECORDINGS: Final = """
    SELECT authority, bits, array_agg(service) AS services
    FROM (
        SELECT DISTINCT ON (e.authority, e.service) e.authority, e.service, e.bits
        FROM recordings e
        WHERE e.authority = ANY(:authorities) AND e.effective_on <= :day AND :day < e.until AND e.recorded_on <= :known
        ORDER BY e.authority, e.service, e.position DESC
    ) states
    WHERE bits IS NOT NULL GROUP BY authority, bits
"""


async def held_by(connection: Connection, authorities: Sequence[int], moment: Moment) -> Mapping[int, Held]:
    """Of each authority, the services it recorded something of, by measure."""
    if not moment.latest:
        return await _as_known_then(connection, authorities, moment)
    return await _held(connection, authorities, ALL, moment)


async def recorded_here(connection: Connection, authority: int, moment: Moment) -> Bits:
    """The services of which this authority recorded anything, be it that they do not apply."""
    held = (await held_by(connection, [authority], moment))[authority]
    return held[RECORDED] | held[EXCLUDED]


async def online_of(connection: Connection, authorities: Sequence[int], moment: Moment) -> Mapping[int, Bits]:
    """Of each authority, the services it has online, those it is not responsible for among them."""
    if not moment.latest:
        found = await _as_known_then(connection, authorities, moment)
    else:
        found = await _held(connection, authorities, (ONLINE,), moment)
    return {authority: found[authority][ONLINE] for authority in authorities}


async def _held(
    connection: Connection, authorities: Sequence[int], measures: Sequence[int], moment: Moment
) -> Mapping[int, Held]:
    found = await records(
        connection, _BITMAPS, authorities=list(authorities), measures=list(measures), day=moment.as_of
    )
    return held_in(found)


def held_in(rows: Iterable[Any]) -> Mapping[int, Held]:
    """Of each authority, from rows that `bitmaps_of` finds."""
    sets: dict[int, list[Bits]] = defaultdict(lambda: [0] * len(MEASURES))
    for authority, measure, kept in rows:
        held = sets[authority]
        if measure is not None:
            held[measure] ^= unpacked(kept)
        elif kept is not None:
            for other, services in toggled(kept).items():
                held[other] ^= services
    return {authority: tuple(held) for authority, held in sets.items()}


async def _as_known_then(connection: Connection, authorities: Sequence[int], moment: Moment) -> Mapping[int, Held]:
    sets: dict[int, list[Bits]] = defaultdict(lambda: [0] * len(MEASURES))
    for authority, bits, services in await records(
        connection, _RECORDINGS, authorities=list(authorities), **moment.parameters
    ):
        members = sum(1 << service for service in services)
        for measure in range(len(MEASURES)):
            if bits >> measure & 1:
                sets[authority][measure] |= members
    return {authority: tuple(sets[authority]) for authority in authorities}
