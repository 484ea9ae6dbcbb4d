"""Who was assigned what, and what of it concerns a cell."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from catalog.domain import responsibility
from catalog.domain.responsibility import Assignment, Concerning, Period, Responsibility
from catalog.keeping.tables import metadata, packed
from events.contracts.parts import Basis, MunicipalityRef, Serves
from events.deciding import Recorded
from events.log.connect import Connection
from events.log.statement import Statement

responsibilities = sa.Table(
    "responsibilities",
    metadata,
    sa.Column("municipality", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True, index=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("region", sa.Text),
    sa.Column("members", ARRAY(sa.Text)),
    sa.Column("serves", JSONB, nullable=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("legal_basis", sa.Text),
    sa.Column("basis", JSONB, nullable=False),
)

_LOAD = """
SELECT r.municipality, r.service, r.version, r.position, r.serves::text, r.effective_on, r.ended_on, r.legal_basis, r.basis::text
FROM responsibilities r
JOIN unnest($1::text[], $2::text[]) AS asked(municipality, service)
  ON r.municipality = asked.municipality AND r.service = asked.service
ORDER BY r.position
"""
_CONCERNING = """
SELECT asked.municipality || '/' || asked.service AS cell, r.serves::text AS serves, r.effective_on, r.ended_on, r.position,
       provider.id, provider.name, provider.levels, provider.region
FROM unnest($1::text[], $2::text[]) AS asked(municipality, service)
JOIN responsibilities r ON r.service = asked.service
JOIN municipalities here ON here.id = asked.municipality
JOIN municipalities provider ON provider.id = r.municipality
WHERE r.municipality = asked.municipality
   OR asked.municipality = ANY(r.members)
   OR here.region = r.region OR starts_with(here.region, r.region || '-')
"""
_CONCERNING_ONE = """
SELECT here.id || '/' || r.service AS cell, r.serves::text AS serves, r.effective_on, r.ended_on, r.position,
       provider.id, provider.name, provider.levels, provider.region
FROM municipalities here JOIN responsibilities r
  ON r.municipality = here.id OR here.id = ANY(r.members) OR here.region = r.region OR starts_with(here.region, r.region || '-')
JOIN municipalities provider ON provider.id = r.municipality
WHERE here.id = $1
"""
_SAVE = """
INSERT INTO responsibilities (
    municipality, service, position, version, region, members, serves, effective_on, ended_on, legal_basis, basis
)
SELECT municipality, service, position, version, serves ->> 'region',
       CASE WHEN jsonb_typeof(serves -> 'members') = 'array'
            THEN ARRAY(SELECT member ->> 'id' FROM jsonb_array_elements(serves -> 'members') AS member) END,
       serves, effective_on, ended_on, legal_basis, basis
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::int[], $5::jsonb[], $6::date[], $7::date[], $8::text[], $9::jsonb[]
) AS g(municipality, service, position, version, serves, effective_on, ended_on, legal_basis, basis)
ON CONFLICT (municipality, service, position) DO UPDATE SET version = excluded.version, ended_on = excluded.ended_on
"""
_decode_serves = msgspec.json.Decoder(Serves).decode


class Responsibilities:
    """What was assigned to one municipality for one service. Periods are added and ended, never taken away."""

    kind = "responsibility"
    remembered = False
    quoted = True

    def asking(self, ids: Sequence[str]) -> Statement:
        """By `municipality/service`."""
        return Statement(_LOAD, _halves(ids))

    def states(self, rows: Iterable[Any]) -> Mapping[str, Responsibility]:
        """By `municipality/service`."""
        states: dict[str, Responsibility] = {}
        for municipality, service, version, *period in rows:
            cell = f"{municipality}/{service}"
            before = states[cell].periods if cell in states else ()
            states[cell] = Responsibility(version=version, periods=(*before, _period(*period)))
        return states

    def evolve(self, state: Responsibility | None, recorded: Recorded) -> Responsibility:
        """As the domain says."""
        return responsibility.evolve(state, recorded)

    def save(self, states: Mapping[str, Responsibility]) -> Sequence[Statement]:
        """All periods of all of them."""
        kept = [(cell, state.version, period) for cell, state in states.items() for period in state.periods]
        columns = [
            *_halves([cell for cell, _, _ in kept]),
            [period.position for _, _, period in kept],
            [version for _, version, _ in kept],
            [packed(period.serves) for _, _, period in kept],
            [period.effective_on for _, _, period in kept],
            [period.ended_on for _, _, period in kept],
            [period.legal_basis for _, _, period in kept],
            [packed(period.basis) for _, _, period in kept],
        ]
        return [Statement(_SAVE, columns)]


class Concerns:
    """What concerns a cell: derived from all assignments, never said and never saved."""

    kind = "responsible"
    remembered = False
    quoted = False

    def asking(self, ids: Sequence[str]) -> Statement:
        """By `municipality/service`; cells that nothing concerns are left out."""
        return Statement(_CONCERNING, _halves(ids))

    def states(self, rows: Iterable[Any]) -> Mapping[str, Concerning]:
        """By `municipality/service`."""
        found: dict[str, list[Assignment]] = {}
        for cell, *assignment in rows:
            found.setdefault(cell, []).append(_assignment(*assignment))
        return {cell: Concerning(assignments=tuple(assignments)) for cell, assignments in found.items()}

    def evolve(self, state: Concerning | None, recorded: Recorded) -> Concerning:
        """Nothing is said here."""
        raise TypeError(f"{recorded.key.stream} is derived, not said ({state})")

    def save(self, states: Mapping[str, Concerning]) -> Sequence[Statement]:  # noqa: ARG002  the protocol's argument
        """Nothing is kept here."""
        return []


async def concerning_municipality(connection: Connection, municipality: str) -> Mapping[str, Concerning]:
    """What concerns any of a municipality's cells, by `municipality/service`."""
    return Concerns().states(await connection.fetch(_CONCERNING_ONE, municipality))


def _halves(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Municipalities and services of cells."""
    parts = [cell.partition("/") for cell in cells]
    return [part[0] for part in parts], [part[2] for part in parts]


def _period(
    position: int, serves: str, effective_on: date, ended_on: date | None, legal_basis: str | None, basis: str
) -> Period:
    return Period(
        serves=_decode_serves(serves),
        effective_on=effective_on,
        ended_on=ended_on,
        legal_basis=legal_basis,
        basis=msgspec.json.decode(basis, type=Basis),
        position=position,
    )


def _assignment(
    serves: str,
    effective_on: date,
    ended_on: date | None,
    position: int,
    identity: str,
    name: str,
    levels: Any,
    region: str,
) -> Assignment:
    return Assignment(
        municipality=MunicipalityRef(id=identity, name=name, levels=tuple(levels), region=region),
        serves=_decode_serves(serves),
        effective_on=effective_on,
        ended_on=ended_on,
        position=position,
    )
