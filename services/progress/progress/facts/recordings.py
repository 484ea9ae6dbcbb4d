"""Every status event as a row: the bitemporal source of all numerators.

A cell (one service of one municipality) as of day D, known at day K, is in the state of the row with the highest
position among those recorded by K whose `[effective_on, until)` contains D.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from events.contracts.words import BasisKind, Phase, Reason
from progress.domain.measures import bits
from progress.facts.heard import Heard
from progress.facts.writing import FOREVER, NeverRegistered, ids, upsert

PHASES: tuple[Phase, ...] = get_args(Phase)
BASES: tuple[BasisKind, ...] = get_args(BasisKind)
REASONS: tuple[Reason, ...] = get_args(Reason)

TABLES = (
    """CREATE TABLE recordings (
        position bigint NOT NULL, authority integer NOT NULL, service integer NOT NULL,
        effective_on date NOT NULL, until date NOT NULL, recorded_on date NOT NULL,
        bits smallint, replaced_bits smallint, phase smallint, basis smallint, reason smallint, correction boolean NOT NULL,
        solution integer, replaced_solution integer, level smallint, model text,
        assessed_on date, expected_live_on date, basis_as_of date, online_url text, basis_url text,
        PRIMARY KEY (authority, service, position))""",
    "CREATE INDEX recordings_solution ON recordings (solution, authority) WHERE solution IS NOT NULL",
    """CREATE TABLE confirmations (
        authority integer NOT NULL, service integer NOT NULL, confirmed_on date NOT NULL, position bigint NOT NULL,
        PRIMARY KEY (authority, service))""",
)
WORK = "CREATE TEMP TABLE IF NOT EXISTS fresh (LIKE recordings) ON COMMIT DELETE ROWS"

Said = said.StatusRecorded | said.StatusRetracted

_COLUMNS = (
    *("position", "authority", "service", "effective_on", "until", "recorded_on", "bits", "replaced_bits"),
    *("phase", "basis", "reason", "correction", "solution", "replaced_solution", "level", "model"),
    *("assessed_on", "expected_live_on", "basis_as_of", "online_url", "basis_url"),
)
_SERVICES = text("SELECT key, id, kind = 'component' AS component FROM services WHERE key = ANY(:keys)")
_KEEP = text("INSERT INTO recordings SELECT * FROM fresh")


def solutions_named(heard: Sequence[Heard]) -> set[str]:
    """The solutions that these statuses name."""
    return {
        state.solution
        for one in heard
        if isinstance(one.data, Said)
        for state in (one.data.state, one.data.replaced)
        if state is not None and state.solution is not None
    }


async def keep(connection: AsyncConnection, heard: Sequence[Heard], solutions: Mapping[str, int]) -> bool:
    """Put the batch's statuses into `fresh` and `recordings`; whether there were any."""
    facts = [(one.position, one.data) for one in heard if isinstance(one.data, Said)]
    if not facts:
        return False
    authorities = await ids(connection, "authorities", (fact.municipality.id for _, fact in facts))
    services = await _services(connection, {fact.service.key for _, fact in facts})
    try:
        rows = [
            (
                position,
                authorities[fact.municipality.id],
                services[fact.service.key].id,
                fact.effective_on,
                fact.until or FOREVER,
                fact.recorded_on,
                *_state(fact, solutions, services[fact.service.key].component),
            )
            for position, fact in facts
        ]
    except KeyError as unknown:
        raise NeverRegistered(unknown.args[0]) from unknown
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw.copy_records_to_table("fresh", records=rows, columns=_COLUMNS)
    await connection.execute(_KEEP)
    return True


async def confirm(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
    """The last time each cell was confirmed."""
    facts = [(one.position, one.data) for one in heard if isinstance(one.data, said.StatusConfirmed)]
    if not facts:
        return
    authorities = await ids(connection, "authorities", (fact.municipality.id for _, fact in facts))
    services = await ids(connection, "services", (fact.service.key for _, fact in facts))
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    try:
        for position, fact in facts:
            cell = authorities[fact.municipality.id], services[fact.service.key]
            row = {"authority": cell[0], "service": cell[1], "confirmed_on": fact.confirmed_on, "position": position}
            rows[cell] = row
    except KeyError as unknown:
        raise NeverRegistered(unknown.args[0]) from unknown
    await upsert(connection, "confirmations", ["authority", "service"], rows.values())


async def _services(connection: AsyncConnection, keys: set[str]) -> dict[str, Row[Any]]:
    found = await connection.execute(_SERVICES, {"keys": sorted(keys)})
    return {row.key: row for row in found}


def _state(fact: Said, solutions: Mapping[str, int], component: bool) -> tuple[Any, ...]:
    state, replaced = fact.state, fact.replaced
    correction = isinstance(fact, said.StatusRecorded) and fact.correction
    had = bits(replaced, component=component)
    before = replaced and replaced.solution and solutions[replaced.solution]
    if state is None:
        return (None, had, None, None, None, correction, None, before or None, *(None,) * 7)
    maturity = state.maturity
    return (
        bits(state, component=component),
        had,
        PHASES.index(state.phase),
        BASES.index(state.basis.kind),
        None if state.reason is None else REASONS.index(state.reason),
        correction,
        solutions[state.solution] if state.solution else None,
        before or None,
        maturity and maturity.level,
        maturity and maturity.model,
        maturity and maturity.assessed_on,
        state.expected_live_on,
        state.basis.as_of,
        state.online_url,
        state.basis.url,
    )
