"""Which catalogue this is, so that readers may keep it in memory.

What they keep of authorities, services, bundles and responsibilities is right as long as the stamp is the same. It is new
with every change, so that two databases never share one.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from progress.facts import authorities, responsibilities, services
from progress.facts.heard import Heard

TABLES: Final = (
    """CREATE TABLE versions (
        single boolean PRIMARY KEY DEFAULT true CHECK (single), catalogue bigint NOT NULL, stamp uuid NOT NULL)""",
)
Said = authorities.Said | services.Said | responsibilities.Said | said.BundleListed

_RENEW: Final = text("""
    INSERT INTO versions (catalogue, stamp) VALUES (:position, gen_random_uuid())
    ON CONFLICT (single) DO UPDATE SET catalogue = EXCLUDED.catalogue, stamp = EXCLUDED.stamp
""")


async def renew(connection: AsyncConnection, heard: Sequence[Heard]) -> None:
    """A new stamp if any of these events speaks of the catalogue; `catalogue` is the last that did."""
    positions = [one.position for one in heard if isinstance(one.data, Said)]
    if positions:
        await connection.execute(_RENEW, {"position": max(positions)})
