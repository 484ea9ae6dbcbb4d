"""A batch of statuses, kept and counted by one statement, which is planned once.

Nearly every batch that arrives live says nothing but statuses. The statement finds whom and what they are about, adds them to
`recordings`, and what they contribute to every counter; it answers with what reach, reporting and bitmaps need.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from events.log.connect import Connection
from progress.counting.contributions import contributions
from progress.counting.counters import adding
from progress.counting.places import PLACES
from progress.counting.spread import Key
from progress.domain.classes import SERVICES
from progress.domain.measures import bit
from progress.facts.bitmaps import Change
from progress.facts.recordings import COLUMNS
from progress.facts.writing import NeverRegistered

TYPES: Final = {
    "position": "bigint",
    "municipality": "text",
    "service_key": "text",
    "effective_on": "date",
    "until": "date",
    "recorded_on": "date",
    "bits": "smallint",
    "replaced_bits": "smallint",
    "component_bits": "smallint",
    "component_replaced_bits": "smallint",
    "phase": "smallint",
    "basis": "smallint",
    "reason": "smallint",
    "correction": "boolean",
    "solution": "integer",
    "replaced_solution": "integer",
    "level": "smallint",
    "model": "text",
    "assessed_on": "date",
    "expected_live_on": "date",
    "basis_as_of": "date",
    "online_url": "text",
    "basis_url": "text",
}
ELSEWHERE: Final = {
    "authority": "a.id",
    "service": "s.id",
    "bits": "CASE WHEN s.component THEN t.component_bits ELSE t.bits END",
    "replaced_bits": "CASE WHEN s.component THEN t.component_replaced_bits ELSE t.replaced_bits END",
}


def looked_up(types: Mapping[str, str], first: int, elsewhere: Mapping[str, str], others: str = "") -> str:
    """Parts of a WITH: `fresh` are the rows of the statuses told, from that parameter on, of which all is known."""
    arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types.values(), first))
    columns = ", ".join(f"{elsewhere.get(name, f't.{name}')} AS {name}" for name in COLUMNS)
    return f"""
    told AS (SELECT * FROM unnest({arrays}) t ({", ".join(types)})),
    fresh AS MATERIALIZED (
        SELECT {columns} FROM told t
        CROSS JOIN LATERAL (SELECT id FROM authorities WHERE key = t.municipality OFFSET 0) a
        CROSS JOIN LATERAL (SELECT id, kind = 'component' AS component FROM services WHERE key = t.service_key OFFSET 0) s
        {others}
    )"""  # noqa: S608 - composed of our own constants


def counted(fresh: str, adding: Callable[[str], str] = adding) -> str:
    """Parts of a WITH that keep such rows, and add what they contribute (`moves`) to every counter."""
    names = ", ".join(COLUMNS)
    return f"""
    kept AS (INSERT INTO recordings ({names}) SELECT {names} FROM {fresh}),
    moves AS MATERIALIZED ({contributions(fresh)}),
    {adding("moves")}
    """  # noqa: S608 - composed of our own constants


_RECORD: Final = f"""
    WITH {looked_up(TYPES, 1, ELSEWHERE)}, {counted("fresh")}
    SELECT f.position, f.authority, f.service, f.effective_on, f.until, f.bits, f.replaced_bits, s.family,
           ARRAY(SELECT key FROM ({PLACES.format("a")}) place (key) WHERE key IS NOT NULL) AS places
    FROM fresh f
    CROSS JOIN LATERAL (SELECT * FROM authorities WHERE id = f.authority OFFSET 0) a
    CROSS JOIN LATERAL (SELECT * FROM services WHERE id = f.service OFFSET 0) s
"""  # noqa: S608 - composed of our own constants
_REACHING: Final = bit("online") | bit("excluded")


class Recorded(NamedTuple):
    """What a batch of statuses touched."""

    changes: list[Change]
    reach: dict[Key, date]
    """From which day on it may be another one, by service and place."""
    reporting: dict[int, date]


async def record(connection: Connection, told: Sequence[tuple[Any, ...]]) -> Recorded:
    """Keep and count these statuses (`recordings.told`). Raises NeverRegistered."""
    found = await connection.fetch(_RECORD, *(list(column) for column in zip(*told, strict=True)))
    if len(found) < len(told):
        kept = {row["position"] for row in found}
        raise NeverRegistered(" or ".join(next(one for one in told if one[0] not in kept)[1:3]))
    recorded = Recorded([], {}, {})
    for row in found:
        _, authority, service, effective_on, until, bits, replaced, family, places = row
        recorded.changes.append(Change(authority, service, effective_on, until, bits, replaced))
        if ((bits or 0) ^ (replaced or 0)) & _REACHING:
            for place in places:
                recorded.reach[service, place] = min(effective_on, recorded.reach.get((service, place), effective_on))
        if family == SERVICES and (bits is None) is not (replaced is None):
            recorded.reporting[authority] = min(effective_on, recorded.reporting.get(authority, effective_on))
    return recorded
