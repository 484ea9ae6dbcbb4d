"""Whatever is read: the catalog's current states and progress' read models are what the log says, event by event."""

from collections import Counter
from typing import Any, Final

import asyncpg

from tests.chaos.report import Line
from tests.chaos.world import World

STATES: Final = {
    "statuses": "'status/' || municipality || '/' || service",
    "solutions": "'solution/' || slug",
    "services": "'service/' || key",
    "bundles": "'bundle/' || id",
    "municipalities": "'municipality/' || id",
    "responsibilities": "'responsibility/' || municipality || '/' || service",
    "delegations": "'delegation/' || municipality || '/' || delegate",
}
"""Which stream a row of each table is the state of."""
NOT_COMPARED: Final = ("bitmaps", "toggles", "followers", "stamps")
_KEYS: Final = "{day,month,known,authority,service,solution,family,place}"


async def states(world: World) -> Line:
    """The catalog's current states stand where the log's last event about each leaves them."""
    there = " UNION ALL ".join(
        f"SELECT {stream} AS stream, max(version) AS version FROM {table} GROUP BY 1"
        for table, stream in STATES.items()
    )
    rows = await rows_of(
        world,
        "catalog",
        f"""WITH there AS ({there}), due AS (SELECT stream, max(version) AS version FROM events GROUP BY stream)
        SELECT count(due.stream) AS due, count(*) FILTER (WHERE due.version = there.version) AS there,
               count(*) FILTER (WHERE due.version > coalesce(there.version, 0)) AS missing,
               count(*) FILTER (WHERE there.version > coalesce(due.version, 0)) AS doubled
        FROM there FULL JOIN due USING (stream)""",
    )
    return Line("catalog's states = fold(log)", *rows[0])


async def read_models(world: World) -> Line:
    """Progress followed anew into an empty database by the same code, and then compared table by table."""
    await world.sql("DROP DATABASE IF EXISTS fold WITH (FORCE)")
    await world.sql("CREATE DATABASE fold")
    elsewhere = {"OZG_PROGRESS_DATABASE_URL": world.postgres.url("fold")}
    for command in ("migrate", "rebuild"):
        await world.installation.command("progress", command, environment=elsewhere)
    due, there = await _tables(world, "fold"), await _tables(world, "progress")
    missing = sum((due - there).values())
    return Line("read models = fold(log)", due.total(), due.total() - missing, missing, sum((there - due).values()))


async def verified(world: World) -> Line:
    """What the product says itself, `progress verify`: a line for each table that differs from a recount."""
    try:
        await world.installation.command("progress", "verify")
    except AssertionError as error:
        differing = str(error).count("rows differ")
        return Line("progress verify", 0, 0, max(1, differing), 0)
    return Line("progress verify", 0, 0, 0, 0)


async def _tables(world: World, database: str) -> Counter[tuple[str, str]]:
    """Every row that says something; sums of nothing may be there or not, and bitmaps are what `verify` compares."""
    names = await rows_of(world, database, "SELECT tablename FROM pg_tables WHERE schemaname = 'live'")
    rows: Counter[tuple[str, str]] = Counter()
    for (name,) in names:
        if name not in NOT_COMPARED:
            query = f"SELECT md5((to_jsonb(t) - 'stamp')::text) AS row FROM live.{name} t WHERE {_says(name)}"
            rows.update((name, row["row"]) for row in await rows_of(world, database, query))
    return rows


def _says(table: str) -> str:
    if not table.endswith(("_days", "_dates", "_months")):
        return "true"
    return f"""EXISTS (SELECT FROM jsonb_each(to_jsonb(t)) c
        WHERE jsonb_typeof(c.value) = 'number' AND c.value <> '0' AND c.key <> ALL ('{_KEYS}'))"""


async def rows_of(world: World, database: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(world.postgres.url(database))
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
