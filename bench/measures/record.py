"""`PUT …/status` over HTTP with a token, answered after the commit, 64 connections, one process that serves.

Every call records the first status of a cell of the reference catalogue. The floor is the same Litestar route doing one plain INSERT
and commit through a SQLAlchemy pool of 16 (`bench.recording.plain`), and beside it the same with raw asyncpg, and with `eventsourcing`
behind it. `record@serve` is `python -m catalog serve`, which relays to JetStream meanwhile in the same process. Load comes from a
process of its own.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.frame import Bench, peers
from bench.frame.programs import ROOT, Program
from bench.peers import installing
from catalog import reference
from catalog.migrating import migrate
from catalog.settings import CatalogSettings
from edge.correlation import uuid7
from edge.tokens import generate_keys, issue, load_private_key
from embedded.nats import free_port

CONNECTIONS = 64
INSTALLATION = "bench.example"
PREFIX = "/api/catalog/v1"
CONDITIONS = f"{CONNECTIONS} connections, one process, token, one new status each, fsync on"


async def measure(bench: Bench) -> None:
    async with servers(bench) as ports, bench.program("-m", "bench.load") as load:
        calls = Calls(load, bench.pick(2.0, 0.7), ports.database, ports.token)
        names = {"web": "ours", "sqlalchemy": "floor", "asyncpg": "peer:raw asyncpg"}
        samples = await bench.rounds(
            {names.get(name, f"peer:{name}"): calls.of(port) for name, port in ports.by_name.items()}
        )
        beside = peers(samples)
        serving = beside.pop("serve", None)
        bench.report(
            f"record@{CONNECTIONS}",
            samples["ours"],
            floor=samples["floor"],
            peers=beside,
            unit="calls/s",
            must={"floor": 1.5, "raw asyncpg": 1.0, "eventsourcing": 3},
            conditions=CONDITIONS,
        )
        if serving is not None:
            bench.report(
                "record@serve",
                serving,
                floor=samples["floor"],
                unit="calls/s",
                conditions=f"{CONDITIONS}, relaying in the same process",
            )


class Calls:
    """So many calls to one server after the other, each of a cell of its own."""

    def __init__(self, load: Program, seconds: float, database: str, token: str) -> None:
        self._load = load
        self._seconds = seconds
        self._given = {
            "database": database,
            "prefix": PREFIX,
            "headers": {"Authorization": f"Bearer {token}", "Accept": "application/json"},
        }

    def of(self, port: int) -> Callable[[], Awaitable[float]]:
        """All servers share one sequence, so that none meets a cell twice."""

        async def rate() -> float:
            job = {
                "port": port,
                "connections": CONNECTIONS,
                "seconds": self._seconds,
                "scenario": "statuses",
                "given": self._given,
            }
            report = await self._load.ask(job)
            if set(report["counts"]) != {"201"}:
                raise WrongAnswers(f"{report['counts']}: {report['unlike']}")
            return float(report["rate"])

        return rate


class WrongAnswers(Exception):
    """Not every call was answered with 201, so there is nothing to compare."""


class Servers:
    """Where they listen, a token for all of them, and the catalog's database."""

    def __init__(self, database: str, token: str) -> None:
        self.database = database
        self.token = token
        self.by_name: dict[str, int] = {}


@asynccontextmanager
async def servers(bench: Bench) -> AsyncIterator[Servers]:
    """Each a process of its own with a database of its own, all on one PostgreSQL."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        private, public = folder / "private.pem", folder / "public.pem"
        generate_keys(private, public)
        database, nats = (
            await stack.enter_async_context(bench.postgres()),
            await stack.enter_async_context(bench.nats()),
        )
        await migrate(database)
        await reference.load(CatalogSettings(database_url=database, installation=INSTALLATION))
        copy = await stack.enter_async_context(bench.postgres(like=database))
        found = Servers(database, operators_token(private))
        environment = {
            "OZG_INSTALLATION": INSTALLATION,
            "OZG_CATALOG_DATABASE_URL": database,
            "OZG_NATS_URL": nats,
            "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
            "OZG_LOG_FORMAT": "json",
        }

        async def start(name: str, *command: str, **more: str) -> None:
            port = free_port()
            words = [word.replace("{port}", str(port)) for word in command]
            ready = f"http://127.0.0.1:{port}{PREFIX}/-/health" if command[1] == "catalog" else None
            program = bench.program(*words, environment={**environment, "OZG_PORT": str(port), **more}, ready=ready)
            running = await stack.enter_async_context(program)
            await running.listens(port)
            found.by_name[name] = port

        await start("web", "-m", "catalog", "web")
        for kind in ("sqlalchemy", "asyncpg"):
            url = await stack.enter_async_context(bench.postgres())
            await start(kind, "-m", "bench.recording.plain", kind, "{port}", str(public), url)
        if not bench.small:
            with bench.or_left_out("eventsourcing"):
                packages = installing.packages(await installing.eventsourcing(bench.folder))
                url = await stack.enter_async_context(bench.postgres())
                command = ("-m", "bench.recording.plain", "eventsourcing", "{port}", str(public), url)
                await start("eventsourcing", *command, PYTHONPATH=f"{ROOT}:{packages}")
            await start("serve", "-m", "catalog", "serve", OZG_CATALOG_DATABASE_URL=copy)
        yield found


def operators_token(private: Path) -> str:
    """An operator's, because an editor's is for one municipality."""
    return issue(
        load_private_key(private),
        issuer=INSTALLATION,
        authority=None,
        role="operator",
        lifetime=timedelta(hours=2),
        now=datetime.now(UTC),
        id=uuid7(),
    )
