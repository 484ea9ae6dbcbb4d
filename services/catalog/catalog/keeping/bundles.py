"""Bundles as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from catalog.domain import bundle
from catalog.domain.bundle import Bundle
from catalog.keeping.tables import metadata, packed
from events.contracts.catalog import BundleListed
from events.deciding import Recorded
from events.log.statement import Statement

bundles = sa.Table(
    "bundles",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("theme", sa.Text, nullable=False),
    sa.Column("listed", JSONB, nullable=False),
)

_LOAD = "SELECT id, version, listed::text AS listed FROM bundles WHERE id = ANY($1::text[])"
_SAVE = """
INSERT INTO bundles (id, version, title, theme, listed)
SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::jsonb[])
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, title = excluded.title, theme = excluded.theme, listed = excluded.listed
"""


class Bundles:
    """Only the reference data and operators ask for them."""

    kind = "bundle"
    remembered = False
    quoted = False

    def asking(self, ids: Sequence[str]) -> Statement:
        """By id."""
        return Statement(_LOAD, [ids])

    def states(self, rows: Iterable[Any]) -> Mapping[str, Bundle]:
        """By id."""
        return {
            identity: Bundle(version=version, listed=msgspec.json.decode(listed, type=BundleListed))
            for identity, version, listed in rows
        }

    def evolve(self, state: Bundle | None, recorded: Recorded) -> Bundle:
        """As the domain says."""
        return bundle.evolve(state, recorded)

    def save(self, states: Mapping[str, Bundle]) -> Sequence[Statement]:
        """All of them."""
        kept = list(states.values())
        columns = [
            [one.listed.bundle.id for one in kept],
            [one.version for one in kept],
            [one.listed.bundle.title for one in kept],
            [one.listed.theme for one in kept],
            [packed(one.listed) for one in kept],
        ]
        return [Statement(_SAVE, columns)]
