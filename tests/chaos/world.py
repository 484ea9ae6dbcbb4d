"""A whole installation to be hurt: real servers behind wires that can be cut, the three services, and subscribers of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import aiohttp
import msgspec
import nats

from embedded.child import ServerDidNotStart
from embedded.nats import Nats, free_port
from embedded.postgres import SAFE, Postgres
from tests.chaos.load import OPERATOR, PATIENCE_SECONDS, Load
from tests.chaos.proxy import Proxy
from tests.chaos.receiver import Receiver
from tests.journeys.installation import SERVICES, Installation, Process, eventually

REGION: Final = "DE-SL"
"""Where solutions open: a small Land, so that every town's alert can be counted."""
OUTBOX: Final = "basis:postausgang"
"""Nobody records it here, so every town of the region lacks it and is told of each solution that opens."""
DELEGATE: Final = "ars:147130000000"
"""Who records for another."""
BOOKMARKS: Final = {"progress": "live.followers", "notifier": "followers"}
"""Where followers keep how far they have heard."""
STREAMS: Final = {"catalog": "CATALOG", "notifier": "NOTIFIER"}
OK: Final = 200
ANSWERS_WITHIN_SECONDS: Final = 30
SUBSCRIBERS: Final = 3
DISK_MEGABYTES: Final = 700
FAKETIME: Final = tuple(
    Path(f"/usr/lib/{where}faketime/libfaketime.so.1") for where in ("x86_64-linux-gnu/", "aarch64-linux-gnu/", "")
)


class Behind:
    """A server as the installation sees it: the same databases, through a wire."""

    def __init__(self, postgres: Postgres, wire: Proxy) -> None:
        self._postgres = postgres
        self._wire = wire

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self._wire.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        return self._postgres.sql(statement, database)


class Subscriber(NamedTuple):
    """Who hears what one town is told."""

    subscription: str
    receiver: Receiver


class World:
    """What faults may touch. `disk` says whether PostgreSQL's disk is one that can be filled, `clock` whether time can jump."""

    def __init__(self, folder: Path, postgres: Postgres, nats_server: Nats) -> None:
        self.folder = folder
        self.postgres = postgres
        self.nats = nats_server
        self.disk = False
        self.clock: Path | None = None
        self.receivers = [Receiver() for _ in range(SUBSCRIBERS)]
        self.subscribers: dict[str, Subscriber] = {}
        self.tokens: dict[str, dict[str, str]] = {}
        self.remarks: list[str] = []
        """What happened that nobody did, for whoever reads the report."""
        self.installation: Installation
        self.load: Load
        self.postgres_wire: Proxy
        self.nats_wire: Proxy

    @property
    def services(self) -> dict[str, Process]:
        return self.installation.services

    async def until(self, holds: Callable[[], Awaitable[bool]], explain: Callable[[], object] = str) -> None:
        """Wait, as long as a busy machine may need."""
        await eventually(holds, explain, PATIENCE_SECONDS)

    async def sql(self, statement: str, database: str = "postgres") -> str:
        """Past the wires; they are in this thread, and what PostgreSQL is asked may have to wait for whoever is behind them."""
        return await asyncio.to_thread(self.postgres.sql, statement, database)

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """The body of a GET, which a busy machine may have to be asked for more than once."""
        bodies: list[Any] = []

        async def answered() -> bool:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                asked = {name: str(value) for name, value in query.items()}
                status, body = await self.installation.call("GET", service, path, params=asked)
                bodies.append(body)
                return status == OK
            return False

        await self.until(answered, lambda: (path, bodies[-1:]))
        return bodies[-1]

    async def revive(self) -> None:
        """Whatever ended runs again, as whoever supervises processes would have it; until all are ready."""
        for server in (self.postgres, self.nats):
            await self._started(server)
        for receiver in self.receivers:
            await receiver.be("well")
        for name in self.services:
            await self._serving(name)

    async def _started(self, server: Postgres | Nats) -> None:
        async def is_up() -> bool:
            if server.pid is None:
                try:
                    await asyncio.to_thread(server.start)
                except ServerDidNotStart:  # what it left behind may hinder that for a while
                    return False
            return True

        await self.until(is_up, server.last_words)

    async def _serving(self, name: str) -> None:
        service = self.services[name]

        async def is_ready() -> bool:
            if service.is_dead:
                self.remarks.append(f"{name} had ended by itself and was started again")
                service.start()
            return await self.installation.is_ready(name)

        await self.until(is_ready, lambda: service.last_words)

    async def conditions(self, name: str) -> dict[str, str]:
        """What a service says is wrong with it."""
        try:
            _, answer = await self.installation.call("GET", name, "/-/health")
        except (aiohttp.ClientError, TimeoutError) as error:
            return {"answers": repr(error)}
        conditions: dict[str, str] = answer["conditions"]
        return conditions

    async def healthy(self) -> None:
        """Until every service is ready and has nothing to complain of."""
        await self.revive()

        async def calm() -> bool:
            self.said = {name: await self.conditions(name) for name in SERVICES}
            return not any(self.said.values())

        await self.until(calm, lambda: self.said)

    async def heard(self) -> None:
        """Until every follower has heard all that the catalog ever said, if nobody writes meanwhile."""
        head = await self.head("catalog")

        async def everywhere() -> bool:
            seen = [await self.sql(f"SELECT position FROM {table}", name) for name, table in BOOKMARKS.items()]
            return all(int(position) >= head for lines in seen for position in lines.splitlines())

        await self.until(everywhere, lambda: f"followers are not at {head}")

    async def published(self, name: str) -> None:
        """Until the stream has all that the log has, if nobody writes meanwhile."""
        client = await nats.connect(self.nats.url, connect_timeout=ANSWERS_WITHIN_SECONDS)
        stream = client.jetstream(timeout=ANSWERS_WITHIN_SECONDS)

        async def complete() -> bool:
            with contextlib.suppress(nats.errors.Error, TimeoutError):
                end = (await stream.stream_info(STREAMS[name])).state.last_seq
                return end >= await self.head(name)
            return False

        try:
            await self.until(complete, lambda: self.services[name].last_words)
        finally:
            await client.close()

    async def head(self, name: str) -> int:
        """Where a log ends."""
        return int(await self.sql("SELECT position FROM heads", name))

    async def towns(self) -> list[str]:
        """Everybody of the region who delivers what a commune does."""
        found = await self.get("catalog", "/municipalities", region=REGION, level="commune", limit=1000)
        return [one["id"] for one in found["items"]]

    async def subscribe(self) -> None:
        """Each receiver to the alerts of one town."""
        for receiver, town in zip(self.receivers, await self.towns(), strict=False):
            body = {"channel": {"kind": "webhook", "url": receiver.url}, "municipality": town}
            call = self.installation.call(
                "POST", "notifier", "/subscriptions", headers=self.tokens[OPERATOR], json=body
            )
            status, answer = await call
            assert status == 201, answer
            self.subscribers[town] = Subscriber(answer["id"], receiver)

    def keep_what_was_said(self) -> Path:
        """Copies of all logs, where they stay."""
        folder = Path(tempfile.mkdtemp(prefix="ozg-chaos-said-"))
        for log in self.folder.glob("*.log"):
            shutil.copy(log, folder)
        return folder

    def signal(self, pids: list[int], how: signal.Signals) -> None:
        """To each that still runs."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Everything runs, has the reference data and its subscribers."""
    folder = _folder()
    with _disk(folder / "disk") as disk:
        postgres = Postgres(folder / "disk" / "postgres", log=folder / "postgres.log", settings=SAFE)
        nats_server = Nats(folder / "jetstream", log=folder / "nats.log", port=free_port())
        made = World(folder, postgres, nats_server)
        made.disk = disk
        made.clock = _clock(folder)
        try:
            await asyncio.to_thread(postgres.start)
            await asyncio.to_thread(nats_server.start)
            async with _entered(made):
                yield made
        finally:
            postgres.stop()
            nats_server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """Which PostgreSQL's own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="ozg-chaos-"))
    folder.chmod(0o755)
    return folder


@contextlib.asynccontextmanager
async def _entered(made: World) -> AsyncIterator[None]:
    def socket() -> str:
        return unquote(made.postgres.url().partition("host=")[2]) + "/.s.PGSQL.5432"

    async with contextlib.AsyncExitStack() as stack:
        made.postgres_wire = await stack.enter_async_context(Proxy(socket))
        made.nats_wire = await stack.enter_async_context(Proxy(lambda: made.nats.port))
        for receiver in made.receivers:
            await stack.enter_async_context(receiver)
        postgres: Any = Behind(made.postgres, made.postgres_wire)
        address: Any = _Address(f"nats://127.0.0.1:{made.nats_wire.port}")
        made.installation = Installation(
            postgres, address, made.folder, environment=_environment(made), patience=PATIENCE_SECONDS
        )
        stack.push_async_callback(made.installation.stop)
        await made.installation.start()
        token = made.installation.token
        made.tokens[OPERATOR], made.tokens[DELEGATE] = await asyncio.gather(
            token("operator"), token("editor", DELEGATE)
        )
        await made.subscribe()
        yield


class _Address(msgspec.Struct, frozen=True):
    url: str


def _environment(made: World) -> dict[str, str]:
    if made.clock is None:
        return {}
    return {
        "LD_PRELOAD": next(str(place) for place in FAKETIME if place.exists()),
        "FAKETIME_TIMESTAMP_FILE": str(made.clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # With its fix for waits by that clock, a thread that wants the interpreter's lock spins: ten times the work, and more.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


def _clock(folder: Path) -> Path | None:
    """Where the services' wall clock can be told to jump, where the machine has libfaketime."""
    if not any(place.exists() for place in FAKETIME):
        return None
    file = folder / "clock"
    file.write_text("+0\n")
    return file


@contextlib.contextmanager
def _disk(place: Path) -> Iterator[bool]:
    """A small disk of its own where we may mount one; elsewhere a folder, which no fault fills."""
    place.mkdir()
    options = f"size={DISK_MEGABYTES}m,mode=755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=False)
