"""Who delivers what for whom, where that differs from the default.

`assignments` keeps what was said. `overrides` is a pure function of it: one row per cell, span of days and span of
knowledge in which responsibility differs from the default, +1 (a provider who would not be by default) or −1 (displaced:
somebody else delivers it here). It is recomputed per service whenever something it depends on changes, so it cannot
depend on how events were batched.
"""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.contracts import catalog as said
from progress.facts.heard import Heard
from progress.facts.writing import NeverRegistered, ids, upsert

TABLES = (
    """CREATE TABLE assignments (
        position bigint PRIMARY KEY, service integer NOT NULL, provider integer NOT NULL,
        effective_on date NOT NULL, recorded_on date NOT NULL, active boolean NOT NULL,
        region text, members integer[], legal_basis text)""",
    "CREATE INDEX assignments_service ON assignments (service, provider)",
    "CREATE INDEX assignments_members ON assignments USING gin (members)",
    "CREATE INDEX assignments_region ON assignments (region) WHERE region IS NOT NULL",
    """CREATE TABLE overrides (
        authority integer NOT NULL, service integer NOT NULL, from_on date NOT NULL, until date NOT NULL,
        known_from date NOT NULL, known_until date NOT NULL, weight smallint NOT NULL,
        PRIMARY KEY (authority, service, known_from, from_on))""",
    "CREATE INDEX overrides_service ON overrides (service)",
)
WORK = "CREATE TEMP TABLE IF NOT EXISTS new_overrides (LIKE overrides) ON COMMIT DELETE ROWS"

Said = said.ResponsibilityAssigned | said.ResponsibilityEnded

# Per service: the spans between the days on which anything was said (known) or takes effect (day); in each, every
# provider's last word; from those, who provides and who is displaced. A provider is never displaced by another.
_COMPUTE = text("""
INSERT INTO new_overrides (authority, service, from_on, until, known_from, known_until, weight)
WITH known AS (
    SELECT service, recorded_on AS known_from,
           lead(recorded_on, 1, 'infinity') OVER (PARTITION BY service ORDER BY recorded_on) AS known_until
    FROM (SELECT DISTINCT service, recorded_on FROM assignments WHERE service = ANY(:services)) k
), days AS (
    SELECT service, effective_on AS from_on,
           lead(effective_on, 1, 'infinity') OVER (PARTITION BY service ORDER BY effective_on) AS until
    FROM (SELECT DISTINCT service, effective_on FROM assignments WHERE service = ANY(:services)) d
), last_words AS (
    SELECT DISTINCT ON (service, known_from, from_on, x.provider)
           service, known_from, known_until, from_on, until, x.provider, x.active, x.region, x.members
    FROM known JOIN days USING (service) JOIN assignments x USING (service)
    WHERE x.recorded_on <= known_from AND x.effective_on <= from_on
    ORDER BY service, known_from, from_on, x.provider, x.position DESC
), in_force AS (
    SELECT * FROM last_words WHERE active
), displaced AS (
    SELECT f.service, known_from, known_until, from_on, f.until, a.id AS authority
    FROM in_force f
    JOIN services s ON s.id = f.service
    JOIN authorities a ON a.id <> f.provider
         AND (a.id = ANY(f.members)
              OR ((f.region = a.region OR f.region = a.country)
                  AND a.country = s.country AND a.levels & s.delivered_by <> 0))
    EXCEPT
    SELECT service, known_from, known_until, from_on, until, provider FROM in_force
)
SELECT a.id, d.service, from_on, until, known_from, known_until, d.weight
FROM (
    SELECT DISTINCT service, known_from, known_until, from_on, until, provider AS authority, 1 AS weight FROM in_force
    UNION ALL
    SELECT service, known_from, known_until, from_on, until, authority, -1 FROM displaced
) d
JOIN services s ON s.id = d.service
JOIN authorities a ON a.id = d.authority
WHERE (d.weight = 1) <> (a.country = s.country AND a.levels & s.delivered_by <> 0)
""")
_DIFFERENT_CELLS = text("""
    SELECT authority, service FROM (
        (SELECT * FROM overrides WHERE service = ANY(:services) EXCEPT SELECT * FROM new_overrides)
        UNION ALL
        (SELECT * FROM new_overrides EXCEPT SELECT * FROM overrides WHERE service = ANY(:services))
    ) d GROUP BY authority, service
""")
_CLEAR = text("DELETE FROM overrides WHERE service = ANY(:services)")
_FILL = text("INSERT INTO overrides SELECT * FROM new_overrides")
_EMPTY = text("DELETE FROM new_overrides")
_ASSIGNED_SERVICES = text("SELECT DISTINCT service FROM assignments")


def heard_of(heard: Sequence[Heard]) -> list[Heard]:
    """The events that speak of responsibilities."""
    return [one for one in heard if isinstance(one.data, Said)]


async def keep(connection: AsyncConnection, heard: Sequence[Heard], zone: tzinfo) -> set[int]:
    """Add what was said; the services whose overrides it changes."""
    facts = [(one, one.data) for one in heard if isinstance(one.data, Said)]
    services = await ids(connection, "services", (fact.service.key for _, fact in facts))
    named = {ref.id for _, fact in facts for ref in (fact.municipality, *(fact.serves.members or ()))}
    authorities = await ids(connection, "authorities", named)
    rows = []
    try:
        for one, fact in facts:
            members = fact.serves.members
            rows.append(
                {
                    "position": one.position,
                    "service": services[fact.service.key],
                    "provider": authorities[fact.municipality.id],
                    "effective_on": fact.effective_on,
                    "recorded_on": one.time.astimezone(zone).date(),
                    "active": isinstance(fact, said.ResponsibilityAssigned),
                    "region": fact.serves.region,
                    "members": None if members is None else [authorities[ref.id] for ref in members],
                    "legal_basis": getattr(fact, "legal_basis", None),
                }
            )
    except KeyError as unknown:
        raise NeverRegistered(unknown.args[0]) from unknown
    await upsert(connection, "assignments", ["position"], rows)
    return {row["service"] for row in rows}  # type: ignore[misc]


async def assigned_services(connection: AsyncConnection) -> set[int]:
    """All services for which responsibility was ever assigned."""
    return set((await connection.execute(_ASSIGNED_SERVICES)).scalars())


async def recompute(connection: AsyncConnection, services: set[int]) -> list[tuple[int, int]]:
    """Compute the overrides of these services beside the present ones; the cells in which they differ."""
    await connection.execute(_EMPTY)
    await connection.execute(_COMPUTE, {"services": sorted(services)})
    found = await connection.execute(_DIFFERENT_CELLS, {"services": sorted(services)})
    return [(row.authority, row.service) for row in found]


async def adopt(connection: AsyncConnection, services: set[int]) -> None:
    """Put the newly computed overrides in the place of the present ones."""
    await connection.execute(_CLEAR, {"services": sorted(services)})
    await connection.execute(_FILL)
