"""Solutions as they are now, with where they are open."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from catalog.domain import solution
from catalog.domain.solution import SolutionState
from catalog.keeping.tables import metadata, packed, unpacked
from events.contracts.parts import Availability, Solution
from events.deciding import Recorded
from events.log.statement import Statement

solutions = sa.Table(
    "solutions",
    metadata,
    sa.Column("slug", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("services", ARRAY(sa.Text), nullable=False),
    sa.Column("regions", ARRAY(sa.Text), nullable=False),
    sa.Column("solution", JSONB, nullable=False),
    sa.Column("availability", JSONB, nullable=False),
)

_LOAD = """
SELECT slug, version, position, owner, withdrawn, solution::text AS solution, availability::text AS availability
FROM solutions WHERE slug = ANY($1::text[])
"""
_LOADED = ("slug", "version", "position", "owner", "withdrawn", "solution", "availability")
_SAVE = """
INSERT INTO solutions (slug, version, position, owner, withdrawn, name, services, regions, solution, availability)
SELECT slug, version, position, owner, withdrawn, solution ->> 'name',
       ARRAY(SELECT service ->> 'key' FROM jsonb_array_elements(solution -> 'services') AS service),
       ARRAY(SELECT jsonb_object_keys(availability)), solution, availability
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::bool[], $6::jsonb[], $7::jsonb[])
  AS g(slug, version, position, owner, withdrawn, solution, availability)
ON CONFLICT (slug) DO UPDATE SET
    version = excluded.version, position = excluded.position, withdrawn = excluded.withdrawn, name = excluded.name,
    services = excluded.services, regions = excluded.regions, solution = excluded.solution,
    availability = excluded.availability
"""


class Solutions:
    """Few, and named by many statuses: remembered."""

    kind = "solution"
    remembered = True
    quoted = True

    def asking(self, ids: Sequence[str]) -> Statement:
        """By slug."""
        return Statement(_LOAD, [ids])

    def states(self, rows: Iterable[Any]) -> Mapping[str, SolutionState]:
        """By slug."""
        return {row[0]: state_of(dict(zip(_LOADED, row, strict=True))) for row in rows}

    def evolve(self, state: SolutionState | None, recorded: Recorded) -> SolutionState:
        """As the domain says."""
        return solution.evolve(state, recorded)

    def save(self, states: Mapping[str, SolutionState]) -> Sequence[Statement]:
        """All of them."""
        kept = list(states.values())
        columns = [
            [one.solution.slug for one in kept],
            [one.version for one in kept],
            [one.position for one in kept],
            [one.owner for one in kept],
            [one.withdrawn for one in kept],
            [packed(one.solution) for one in kept],
            [packed(one.availability) for one in kept],
        ]
        return [Statement(_SAVE, columns)]


def state_of(row: Any) -> SolutionState:
    """The state in a row of the table."""
    facts = unpacked(row["solution"], Solution)
    assert facts is not None
    return SolutionState(
        version=row["version"],
        solution=facts,
        owner=row["owner"],
        withdrawn=row["withdrawn"],
        availability=unpacked(row["availability"], dict[str, Availability]) or {},
        position=row["position"],
    )
