"""Filling is the same as following: one per cent of the cells by both ways, compared table by table."""

from typing import Final

from bench.frame import Bench
from bench.large import saying
from bench.large.cells import FATES, TABLES, fates
from bench.large.filling import SETTINGS
from bench.large.keeping import BASE, LOG, fill_missing, followed
from embedded.postgres import Postgres
from events.log.connect import Connection, connect
from progress.counting.counters import COUNTER_TABLES
from progress.counting.reach import MEASURES as REACHED

FRACTION: Final = 0.01
FILLED, FOLLOWED, SAID = "small", "followed", "said_log"
_TABLES: Final = """
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'live'::regnamespace AND c.relkind = 'r' GROUP BY 1 ORDER BY 1
"""
_NO_CONTENT: Final = frozenset({"followers", "skipped", "versions"})
_SUM: Final = (
    "SELECT count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS sum FROM ({query}) t"
)


async def prove(bench: Bench) -> list[str]:
    """What differs; nothing is what one wants."""
    await fill_missing(bench, [FILLED])
    async with bench.kept_postgres("large", SETTINGS) as server:
        await _follow(bench, server)
        filled, followed_ = await connect(server.url(FILLED)), await connect(server.url(FOLLOWED))
        try:
            different = await _compare(bench, filled, followed_)
        finally:
            await filled.close()
            await followed_.close()
        if not different:
            for name in (FOLLOWED, SAID):
                server.sql(f"DROP DATABASE {name} WITH (FORCE)")
    return different


async def _follow(bench: Bench, server: Postgres) -> None:
    for name, template in ((FOLLOWED, "template0"), (SAID, LOG)):
        server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    log, read_models = await connect(server.url(SAID)), await connect(server.url(BASE))
    try:
        await read_models.execute("SET search_path = live, public")
        for statement in TABLES:
            await read_models.execute(statement)
        await read_models.execute(FATES, *fates())
        bench.say(f"{await saying.say_statuses(log, read_models, FRACTION)} statuses said as events")
        await read_models.execute("DROP SCHEMA world CASCADE")
    finally:
        await log.close()
        await read_models.close()
    await followed(bench, server.url(SAID), server.url(FOLLOWED))


async def _compare(bench: Bench, filled: Connection, followed_: Connection) -> list[str]:
    different = []
    tables = {row["name"]: row["columns"] for row in await filled.fetch(_TABLES)}
    others = {row["name"]: row["columns"] for row in await followed_.fetch(_TABLES)}
    if tables != others:
        return [f"the tables themselves: {sorted(tables.items() ^ others.items())}"]
    for name in sorted(tables.keys() - _NO_CONTENT):
        query = _query(name, tables[name])
        one, other = [await connection.fetchrow(_SUM.format(query=query)) for connection in (filled, followed_)]
        assert one is not None
        assert other is not None
        same = tuple(one) == tuple(other)
        says = "the same" if same else f"DIFFERENT: {other['rows']} followed"
        bench.say(f"{name:28} {one['rows']:>9} rows {says}")
        if not same:
            different.append(f"{name}: {await _example(filled, followed_, query)}")
    return different


def _query(name: str, columns: list[str]) -> str:
    """Without what may differ: positions (in the order of events only), and rows that sum to nothing."""
    source = f"live.{name}"
    for table in COUNTER_TABLES:
        if table.name == name:
            source += f" WHERE {' OR '.join(f'{measure} <> 0' for measure in table.measures)}"
    if name.startswith("reach_"):
        source += f" WHERE {' OR '.join(f'{measure} <> 0' for measure in REACHED)}"
    if name.startswith("reporting_"):
        source += " WHERE authorities <> 0"
    if name == "recordings":
        others = ", ".join(column for column in columns if column != "position")
        return f"SELECT row_number() OVER (ORDER BY position) AS place, {others} FROM live.recordings"
    return f"SELECT {', '.join(columns)} FROM {source}"


async def _example(filled: Connection, followed_: Connection, query: str) -> str:
    texts = f"SELECT t::text AS text FROM ({query}) t ORDER BY 1"
    ours = {row["text"] for row in await filled.fetch(texts)}
    theirs = {row["text"] for row in await followed_.fetch(texts)}
    return (
        f"{len(ours - theirs)} only filled, e.g. {sorted(ours - theirs)[:2]}; "
        f"{len(theirs - ours)} only followed, e.g. {sorted(theirs - ours)[:2]}"
    )
