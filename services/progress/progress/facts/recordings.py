"""Every status event as a row: the bitemporal source of all numerators.

A cell (one service of one municipality) as of day D, known at day K, is in the state of the row with the highest
position among those recorded by K whose `[effective_on, until)` contains D.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from events.contracts.words import BasisKind, Phase, Reason
from progress.domain.measures import bits
from progress.facts.heard import Heard
from progress.facts.writing import FOREVER, NeverRegistered, ids, upsert

PHASES: tuple[Phase, ...] = get_args(Phase)
BASES: tuple[BasisKind, ...] = get_args(BasisKind)
REASONS: tuple[Reason, ...] = get_args(Reason)

INDEXES = (
    "ALTER TABLE recordings ADD CONSTRAINT recordings_pkey PRIMARY KEY (authority, service, position)",
    "CREATE INDEX recordings_solution ON recordings (solution, authority) WHERE solution IS NOT NULL",
)
"""Of all statuses; made last where many rows are filled in at once."""
TABLES = (
    """CREATE TABLE recordings (
        position bigint NOT NULL, authority integer NOT NULL, service integer NOT NULL,
        effective_on date NOT NULL, until date NOT NULL, recorded_on date NOT NULL,
        bits smallint, replaced_bits smallint, phase smallint, basis smallint, reason smallint, correction boolean NOT NULL,
        solution integer, replaced_solution integer, level smallint, model text,
        assessed_on date, expected_live_on date, basis_as_of date, online_url text, basis_url text)""",
    *INDEXES,
    """CREATE TABLE confirmations (
        authority integer NOT NULL, service integer NOT NULL, confirmed_on date NOT NULL, position bigint NOT NULL,
        PRIMARY KEY (authority, service))""",
)
WORK = "CREATE TEMP TABLE IF NOT EXISTS fresh (LIKE recordings) ON COMMIT DELETE ROWS"

Said = said.StatusRecorded | said.StatusRetracted
_SAID: Final = said.StatusRecorded, said.StatusRetracted
"""A tuple: to ask that of a union costs four times as much."""


class KnownService(NamedTuple):
    """What statuses need to know of a service."""

    id: int
    component: bool


COLUMNS = (
    *("position", "authority", "service", "effective_on", "until", "recorded_on", "bits", "replaced_bits"),
    *("phase", "basis", "reason", "correction", "solution", "replaced_solution", "level", "model"),
    *("assessed_on", "expected_live_on", "basis_as_of", "online_url", "basis_url"),
)
_SERVICES = text(
    "SELECT key, id, kind = 'component' AS component FROM services"
    " WHERE CAST(:keys AS text[]) IS NULL OR key = ANY(:keys)"
)
_KEEP = text("INSERT INTO recordings SELECT * FROM fresh")


async def keep(connection: AsyncConnection, heard: Sequence[Heard], solutions: Mapping[str, int]) -> bool:
    """Put the batch's statuses into `fresh` and `recordings`; whether there were any."""
    facts = statuses(heard)
    if not facts:
        return False
    authorities = await ids(connection, "authorities", (fact.municipality.id for _, fact in facts))
    services = await known_services(connection, {fact.service.key for _, fact in facts})
    made = rows(facts, authorities, services, solutions)
    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw.copy_records_to_table("fresh", records=made, columns=COLUMNS)
    await connection.execute(_KEEP)
    return True


def statuses(heard: Sequence[Heard]) -> list[tuple[int, Said]]:
    """What is said of statuses, and at which position."""
    return [(one.position, data) for one in heard if isinstance(data := one.data, _SAID)]


def rows(
    facts: Sequence[tuple[int, Said]],
    authorities: Mapping[str, int],
    services: Mapping[str, KnownService],
    solutions: Mapping[str, int],
) -> list[tuple[Any, ...]]:
    """The rows that they are, in the order of `COLUMNS`. Raises NeverRegistered."""
    try:
        return [
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


def told(facts: Sequence[tuple[int, Said]], solutions: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The same by the keys of municipality and service, and with the bits twice: of a service, and of a component."""
    made = []
    for position, fact in facts:
        bits_, replaced, *others = _state(fact, solutions, component=False)
        as_component = bits(fact.state, component=True), bits(fact.replaced, component=True)
        key = fact.municipality.id, fact.service.key
        days = fact.effective_on, fact.until or FOREVER, fact.recorded_on
        made.append((position, *key, *days, bits_, replaced, *as_component, *others))
    return made


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


async def known_services(connection: AsyncConnection, keys: set[str] | None = None) -> dict[str, KnownService]:
    """Those of them that are known, by key, or all."""
    found = await connection.execute(_SERVICES, {"keys": None if keys is None else sorted(keys)})
    return {row.key: KnownService(row.id, row.component) for row in found}


def _state(fact: Said, solutions: Mapping[str, object], component: bool) -> tuple[Any, ...]:
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
