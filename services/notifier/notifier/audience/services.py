"""What is known of services: who delivers them by default, their theme, and whether they are components."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from events.contracts.catalog import ServiceListed, ServiceWithdrawn
from events.contracts.parts import ServiceRef
from events.contracts.words import DELIVERED_BY, Theme
from events.log.connect import Connection

_LIST = """
INSERT INTO services (key, title, theme, component, delivered_by)
SELECT key, title, theme, component, string_to_array(delivered_by, ' ')
FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::text[]) AS said (key, title, theme, component, delivered_by)
ON CONFLICT (key) DO UPDATE SET
    title = excluded.title, theme = excluded.theme, component = excluded.component,
    delivered_by = excluded.delivered_by, withdrawn = false
"""
_WITHDRAW = "UPDATE services SET withdrawn = true WHERE key = ANY($1::text[])"
_KNOWN = "SELECT id, key, title, theme FROM services WHERE id = ANY($1::int[])"
_THEMES = "SELECT key, theme FROM services WHERE key = ANY($1::text[])"
_TITLES = "SELECT key, title FROM services WHERE key = ANY($1::text[])"


async def listed(connection: Connection, said: Sequence[ServiceListed]) -> None:
    """Listed or revised: the event carries all facts."""
    latest = {one.service.key: one for one in said}
    await connection.execute(
        _LIST,
        list(latest),
        [one.service.title for one in latest.values()],
        [one.theme for one in latest.values()],
        [one.kind == "component" for one in latest.values()],
        [" ".join(DELIVERED_BY[one.level]) for one in latest.values()],
    )


async def withdrawn(connection: Connection, said: Sequence[ServiceWithdrawn]) -> None:
    await connection.execute(_WITHDRAW, [one.service.key for one in said])


class Known(NamedTuple):
    """How a service is named in events, and its theme."""

    ref: ServiceRef
    theme: Theme


async def known(connection: Connection, ids: Collection[int]) -> dict[int, Known]:
    """By small number."""
    rows = await connection.fetch(_KNOWN, list(ids))
    return {row["id"]: Known(ServiceRef(key=row["key"], title=row["title"]), row["theme"]) for row in rows}


async def themes(connection: Connection, keys: Collection[str]) -> dict[str, Theme]:
    """By key."""
    return {row["key"]: row["theme"] for row in await connection.fetch(_THEMES, list(keys))}


async def titles(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """By key."""
    return {row["key"]: row["title"] for row in await connection.fetch(_TITLES, list(keys))}
