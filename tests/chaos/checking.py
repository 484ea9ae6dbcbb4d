"""After the faults: what was acknowledged is in the log once, and everything else is what the log says."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec
import nats

from tests.chaos.envelope import Envelope
from tests.chaos.load import Acknowledged
from tests.chaos.report import Line
from tests.chaos.telling import alerts, deliveries, settled
from tests.chaos.world import World
from tests.journeys.installation import eventually

STREAMS: Final = {"catalog": "CATALOG", "notifier": "NOTIFIER"}
_STATES: Final = {
    "statuses": "'status/' || municipality || '/' || service",
    "solutions": "'solution/' || slug",
    "services": "'service/' || key",
    "municipalities": "'municipality/' || id",
}


_decode = msgspec.json.Decoder(Envelope).decode


async def check(world: World, acknowledged: dict[str, Acknowledged]) -> list[Line]:
    """Nobody writes meanwhile. Waits, for a bounded time, until everybody has heard everything."""
    await world.healthy()
    await _heard(world, len(await _log(world, "catalog")))
    await settled(world)
    documents = {name: await _log(world, name) for name in STREAMS}
    told = {name: [_decode(document) for document in log] for name, log in documents.items()}
    lines = [_order(name, log) for name, log in told.items()]
    lines += _kept(acknowledged, [*told["catalog"], *told["notifier"]])
    lines += [await _stream(world, name, log) for name, log in documents.items()]
    lines += [await _states(world), await _read_models(world), await _verified(world)]
    due = await alerts(world, told["catalog"], told["notifier"])
    return [*lines, due, *deliveries(world, told["notifier"])]


async def _log(world: World, name: str) -> list[bytes]:
    rows = await _rows(world, name, "SELECT document FROM events ORDER BY position")
    return [row["document"] for row in rows]


async def _heard(world: World, head: int) -> None:
    async def everywhere() -> bool:
        seen = [await _rows(world, *place) for place in _BOOKMARKS]
        return all(row["position"] >= head for rows in seen for row in rows)

    await eventually(everywhere, lambda: f"followers are not at {head}")


_BOOKMARKS: Final = (
    ("progress", "SELECT position FROM live.followers"),
    ("notifier", "SELECT position FROM followers"),
)


def _order(name: str, log: Sequence[Envelope]) -> Line:
    wrong = sum(int(event.sequence) != position for position, event in enumerate(log, 1))
    doubled = len(log) - len({event.id for event in log})
    return Line(f"{name}'s log is in order", len(log), len(log) - wrong, wrong, doubled)


def _kept(acknowledged: dict[str, Acknowledged], log: Sequence[Envelope]) -> list[Line]:
    """A line for each kind of write; alerts that a write caused bear its id too and are looked at elsewhere."""
    caused = ("ozg.notifier.alert-",)
    found = Counter(event.correlationid for event in log if not event.type.startswith(caused))
    kinds = sorted({one.write.kind for one in acknowledged.values()})
    sums = {kind: [0, 0, 0, 0] for kind in kinds}
    for id_, (write, answer) in acknowledged.items():
        due = 0 if answer.get("outcome") == "unchanged" else write.events
        there = found[id_]
        for place, value in enumerate((due, there, max(0, due - there), max(0, there - due))):
            sums[write.kind][place] += value
    return [Line(f"acknowledged: {kind}", *sums[kind]) for kind in kinds]


async def _stream(world: World, name: str, log: Sequence[bytes]) -> Line:
    client = await nats.connect(world.nats.url)
    try:
        stream = client.jetstream()

        async def complete() -> bool:
            return (await stream.stream_info(STREAMS[name])).state.last_seq >= len(log)

        await eventually(complete, lambda: world.services[name].last_words)
        information = await stream.stream_info(STREAMS[name])
        subscription = await stream.subscribe(f"ozg.{name}.>", ordered_consumer=True)
        same = 0
        for document in log[: information.state.messages]:
            same += (await subscription.next_msg(timeout=20)).data == document
    finally:
        await client.close()
    return Line(f"stream {STREAMS[name]} = log", len(log), same, len(log) - same, information.state.messages - len(log))


async def _states(world: World) -> Line:
    """The catalog's current states stand where the log's last event about each leaves them."""
    there = " UNION ALL ".join(f"SELECT {key} AS stream, version FROM {table}" for table, key in _STATES.items())
    kinds = " OR ".join(f"stream LIKE '{key.split('/')[0][1:]}/%'" for key in _STATES.values())
    rows = await _rows(
        world,
        "catalog",
        f"""WITH there AS ({there}), due AS (SELECT stream, max(version) AS version FROM events WHERE {kinds} GROUP BY stream)
        SELECT count(due.stream) AS due, count(*) FILTER (WHERE due.version = there.version) AS there,
               count(*) FILTER (WHERE due.version > coalesce(there.version, 0)) AS missing,
               count(*) FILTER (WHERE there.version > coalesce(due.version, 0)) AS doubled
        FROM there FULL JOIN due USING (stream)""",
    )
    return Line("catalog's states = fold(log)", *rows[0])


async def _read_models(world: World) -> Line:
    """Progress followed anew into an empty database by the same code, and then compared table by table."""
    world.postgres.sql("DROP DATABASE IF EXISTS fold WITH (FORCE)")
    world.postgres.sql("CREATE DATABASE fold")
    elsewhere = {"OZG_PROGRESS_DATABASE_URL": world.postgres.url("fold")}
    for command in ("migrate", "rebuild"):
        await world.installation.command("progress", command, environment=elsewhere)
    due, there = await _tables(world, "fold"), await _tables(world, "progress")
    missing = sum((due - there).values())
    return Line("read models = fold(log)", due.total(), due.total() - missing, missing, sum((there - due).values()))


async def _verified(world: World) -> Line:
    """What the product says itself, `progress verify`: a line for each table that differs from a recount."""
    try:
        await world.installation.command("progress", "verify")
    except AssertionError as error:
        differing = str(error).count("rows differ")
        return Line("progress verify", 0, 0, max(1, differing), 0)
    return Line("progress verify", 0, 0, 0, 0)


async def _tables(world: World, database: str) -> Counter[tuple[str, str]]:
    """Every row that says something; sums of nothing may be there or not, and bitmaps are what `verify` compares."""
    names = await _rows(world, database, "SELECT tablename FROM pg_tables WHERE schemaname = 'live'")
    rows: Counter[tuple[str, str]] = Counter()
    for (name,) in names:
        if name not in _NOT_COMPARED:
            query = f"SELECT md5((to_jsonb(t) - 'stamp')::text) AS row FROM live.{name} t WHERE {_says(name)}"
            rows.update((name, row["row"]) for row in await _rows(world, database, query))
    return rows


_NOT_COMPARED: Final = ("bitmaps", "toggles", "followers", "stamps")
_KEYS: Final = "{day,month,known,authority,service,solution,family,place}"


def _says(table: str) -> str:
    if not table.endswith(("_days", "_dates", "_months")):
        return "true"
    return f"""EXISTS (SELECT FROM jsonb_each(to_jsonb(t)) c
        WHERE jsonb_typeof(c.value) = 'number' AND c.value <> '0' AND c.key <> ALL ('{_KEYS}'))"""


async def _rows(world: World, database: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(world.postgres.url(database))
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
