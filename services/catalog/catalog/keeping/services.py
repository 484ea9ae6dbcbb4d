"""Services and components as the catalogue lists them now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from catalog.domain import service
from catalog.domain.service import Service
from catalog.keeping.tables import metadata, packed, unpacked
from events.contracts.catalog import ServiceListed
from events.contracts.parts import ServiceRef
from events.deciding import Recorded
from events.log.statement import Statement

services = sa.Table(
    "services",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("theme", sa.Text, nullable=False),
    sa.Column("bundle", sa.Text),
    sa.Column("countable", sa.Boolean, nullable=False),
    sa.Column("withdrawn_on", sa.Date),
    sa.Column("successor", JSONB),
    sa.Column("listed", JSONB, nullable=False),
)

_LOAD = """
SELECT key, version, listed::text AS listed, withdrawn_on, successor::text AS successor
FROM services WHERE key = ANY($1::text[])
"""
_SAVE = """
INSERT INTO services (key, version, title, kind, country, level, theme, bundle, countable, withdrawn_on, successor, listed)
SELECT * FROM unnest(
    $1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[], $10::date[],
    $11::jsonb[], $12::jsonb[]
)
ON CONFLICT (key) DO UPDATE SET
    version = excluded.version, title = excluded.title, kind = excluded.kind, country = excluded.country,
    level = excluded.level, theme = excluded.theme, bundle = excluded.bundle, countable = excluded.countable,
    withdrawn_on = excluded.withdrawn_on, successor = excluded.successor, listed = excluded.listed
"""


class Services:
    """Few, and asked for by every command: remembered."""

    kind = "service"
    remembered = True
    quoted = True

    def asking(self, ids: Sequence[str]) -> Statement:
        """By key."""
        return Statement(_LOAD, [ids])

    def states(self, rows: Iterable[Any]) -> Mapping[str, Service]:
        """By key."""
        return {
            key: Service(
                version=version,
                listed=msgspec.json.decode(listed, type=ServiceListed),
                withdrawn_on=withdrawn_on,
                successor=unpacked(successor, ServiceRef),
            )
            for key, version, listed, withdrawn_on, successor in rows
        }

    def evolve(self, state: Service | None, recorded: Recorded) -> Service:
        """As the domain says."""
        return service.evolve(state, recorded)

    def save(self, states: Mapping[str, Service]) -> Sequence[Statement]:
        """All of them."""
        kept = list(states.values())
        listed = [one.listed for one in kept]
        columns = [
            [one.key for one in kept],
            [one.version for one in kept],
            [one.ref.title for one in kept],
            [one.kind for one in listed],
            [one.country for one in listed],
            [one.level for one in listed],
            [one.theme for one in listed],
            [one.bundle for one in listed],
            [one.countable for one in listed],
            [one.withdrawn_on for one in kept],
            [packed(one.successor) for one in kept],
            [packed(one) for one in listed],
        ]
        return [Statement(_SAVE, columns)]
