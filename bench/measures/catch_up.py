"""Events per second into all projections from position 0, until the tables are in use, beside an ordered consumer that only decodes.

The log is kept: the reference catalogue, then statuses as towns might have recorded them in two years (`bench.history`). Ours is
progress's worker, started on an empty database; everything from its first question to the catalog's feed until its tables are
switched in counts. The floor hears the same events from JetStream and decodes each. The peer projects its own events, fewer of them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

import nats
from nats.js.errors import NotFoundError

from bench.frame import Bench, Point, peers
from bench.frame.programs import Program
from bench.history import making
from bench.peers import installing
from embedded.nats import free_port
from embedded.postgres import Postgres
from events.log.connect import connect
from progress.migrating import migrate

FULL, SMALL = 500_000, 20_500
PEER = "peer:eventsourcing"
PEERS_EVENTS = 2_000


async def measure(bench: Bench) -> None:
    events = bench.pick(FULL, SMALL)
    async with contestants(bench, events) as taking_part:
        samples = await bench.rounds(taking_part, times=3)
    bench.report(
        "catch-up",
        samples["ours"],
        floor=samples["floor"],
        peers=peers(samples),
        unit="events/s",
        must={"floor": 0.7, "eventsourcing": 10},
        conditions=f"{events} events, all projections; the peer {PEERS_EVENTS} of its own",
    )


async def slope(bench: Bench) -> list[Point]:
    """Over logs of 10⁴ to 10⁶ events; the reference catalogue alone has more than ten thousand."""
    points: list[Point] = []
    for size in bench.pick((20_500, 100_000, 1_000_000), (SMALL,)):
        async with contestants(bench, size, with_peers=False) as taking_part:
            samples = await bench.rounds(taking_part, times=1)
        points.append(Point("catch-up", size, samples["ours"].median, samples["floor"].median))
    return points


@asynccontextmanager
async def contestants(
    bench: Bench, events: int, *, with_peers: bool = True
) -> AsyncIterator[dict[str, Callable[[], Awaitable[float]]]]:
    """A catalog with that log, relayed; our worker and the floor, each a process of its own."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(bench.kept_postgres("history"))
        catalog_url = await making.made(server, events, bench.say)
        nats_url = await stack.enter_async_context(bench.nats())
        port = free_port()
        environment = {
            "OZG_CATALOG_DATABASE_URL": catalog_url,
            "OZG_NATS_URL": nats_url,
            "OZG_INSTALLATION": making.INSTALLATION,
            "OZG_PORT": str(port),
        }
        feed = f"http://127.0.0.1:{port}/api/catalog/v1"
        serve = bench.program("-m", "catalog", "serve", environment=environment, ready=f"{feed}/-/ready")
        await stack.enter_async_context(serve)
        await _relayed(nats_url, events)
        ours = await stack.enter_async_context(
            bench.program("-m", "bench.history.ours", feed, nats_url, making.INSTALLATION)
        )
        floor = await stack.enter_async_context(bench.program("-m", "bench.history.floor", nats_url, "CATALOG"))
        found = {"ours": _ours(ours, server, events), "floor": _floor(floor, events)}
        if with_peers and not bench.small:
            with bench.or_left_out("eventsourcing"):
                url = await stack.enter_async_context(bench.postgres())
                found[PEER] = _peer(await stack.enter_async_context(await _eventsourcing(bench, url, catalog_url)))
        yield found


async def _relayed(nats_url: str, events: int) -> None:
    """Until the stream has the whole log."""
    connection = await nats.connect(nats_url)
    try:
        async with asyncio.timeout(600):
            while True:
                with suppress(NotFoundError):
                    if (await connection.jetstream().stream_info("CATALOG")).state.last_seq >= events:
                        return
                await asyncio.sleep(0.2)
    finally:
        await connection.close()


def _ours(program: Program, server: Postgres, events: int) -> Callable[[], Awaitable[float]]:
    async def rate() -> float:
        server.sql("DROP DATABASE IF EXISTS catching_up WITH (FORCE)")
        server.create_databases(["catching_up"])
        url = server.url("catching_up")
        await migrate(url)
        answer = await program.ask({"database": url, "position": events}, 900)
        return events / float(answer["seconds"])

    return rate


def _floor(program: Program, events: int) -> Callable[[], Awaitable[float]]:
    async def rate() -> float:
        return events / float((await program.ask({"position": events}, 600))["seconds"])

    return rate


def _peer(program: Program) -> Callable[[], Awaitable[float]]:
    async def rate() -> float:
        return float((await program.ask({"count": PEERS_EVENTS}, 600))["rate"])

    return rate


async def _eventsourcing(bench: Bench, url: str, catalog_url: str) -> AbstractAsyncContextManager[Program]:
    connection = await connect(catalog_url)
    try:
        data = await connection.fetchval(
            "SELECT convert_from(document, 'UTF8')::jsonb -> 'data' FROM events ORDER BY position DESC LIMIT 1"
        )
    finally:
        await connection.close()
    python = await installing.eventsourcing(bench.folder)
    program = str(installing.HERE / "eventsourcing" / "projecting.py")
    return bench.program(python, program, url, data)
