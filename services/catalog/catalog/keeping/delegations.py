"""Who may record for whom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from catalog.domain import delegation
from catalog.domain.delegation import Delegation
from catalog.keeping.tables import metadata
from events.deciding import Recorded
from events.log.statement import Statement

delegations = sa.Table(
    "delegations",
    metadata,
    sa.Column("municipality", sa.Text, primary_key=True),
    sa.Column("delegate", sa.Text, primary_key=True, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("granted_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("legal_basis", sa.Text),
)

_LOAD = """
SELECT d.municipality, d.delegate, d.version, d.granted_on, d.ended_on, d.legal_basis FROM delegations d
JOIN unnest($1::text[], $2::text[]) AS asked(municipality, delegate)
  ON d.municipality = asked.municipality AND d.delegate = asked.delegate
"""
_SAVE = """
INSERT INTO delegations (municipality, delegate, version, granted_on, ended_on, legal_basis)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::date[], $5::date[], $6::text[])
ON CONFLICT (municipality, delegate) DO UPDATE SET
    version = excluded.version, granted_on = excluded.granted_on, ended_on = excluded.ended_on,
    legal_basis = excluded.legal_basis
"""


class Delegations:
    """Asked for only by those who record for others."""

    kind = "delegation"
    remembered = False
    quoted = False

    def asking(self, ids: Sequence[str]) -> Statement:
        """By `municipality/delegate`."""
        halves = [pair.partition("/") for pair in ids]
        return Statement(_LOAD, [[half[0] for half in halves], [half[2] for half in halves]])

    def states(self, rows: Iterable[Any]) -> Mapping[str, Delegation]:
        """By `municipality/delegate`."""
        return {
            f"{municipality}/{delegate}": Delegation(
                version=version,
                municipality=municipality,
                delegate=delegate,
                granted_on=granted_on,
                ended_on=ended_on,
                legal_basis=legal_basis,
            )
            for municipality, delegate, version, granted_on, ended_on, legal_basis in rows
        }

    def evolve(self, state: Delegation | None, recorded: Recorded) -> Delegation:
        """As the domain says."""
        return delegation.evolve(state, recorded)

    def save(self, states: Mapping[str, Delegation]) -> Sequence[Statement]:
        """All of them."""
        kept = list(states.values())
        columns = [
            [one.municipality for one in kept],
            [one.delegate for one in kept],
            [one.version for one in kept],
            [one.granted_on for one in kept],
            [one.ended_on for one in kept],
            [one.legal_basis for one in kept],
        ]
        return [Statement(_SAVE, columns)]
