"""A whole installation to be hurt: real servers behind wires that can be cut, the three services, and subscribers of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import aiohttp
import msgspec

from embedded.nats import Nats, free_port
from embedded.postgres import SAFE, Postgres
from tests.chaos.proxy import Proxy
from tests.chaos.receiver import Receiver
from tests.journeys.installation import SERVICES, Installation, Process, eventually

REGION: Final = "DE-SL"
"""Where solutions open: a small Land, so that every town's alert can be counted."""
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


class World:
    """What faults may touch. `disk` says whether PostgreSQL's disk is one that can be filled, `clock` whether time can jump."""

    def __init__(self, folder: Path, postgres: Postgres, nats: Nats) -> None:
        self.folder = folder
        self.postgres = postgres
        self.nats = nats
        self.disk = False
        self.clock: Path | None = None
        self.receivers = [Receiver() for _ in range(SUBSCRIBERS)]
        self.subscribers: dict[str, Receiver] = {}
        self.operator: dict[str, str] = {}
        self.installation: Installation
        self.postgres_wire: Proxy
        self.nats_wire: Proxy

    @property
    def services(self) -> dict[str, Process]:
        return self.installation.services

    async def revive(self) -> None:
        """Whatever is dead runs again; says nothing if all is well."""
        if self.postgres.pid is None:
            await asyncio.to_thread(self.postgres.start)
        if self.nats.pid is None:
            await asyncio.to_thread(self.nats.start)
        for receiver in self.receivers:
            await receiver.be("well")
        for name, service in self.services.items():
            if service.is_dead:
                service.start()
            await self.installation.ready(name)

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

        await eventually(calm, lambda: self.said)

    async def subscribe(self) -> None:
        """Each receiver to the alerts of one town."""
        towns = await self.installation.get("catalog", "/municipalities", region=REGION, level="commune", limit=100)
        for receiver, town in zip(self.receivers, towns["items"], strict=False):
            body = {"channel": {"kind": "webhook", "url": receiver.url}, "municipality": town["id"]}
            call = self.installation.call("POST", "notifier", "/subscriptions", headers=self.operator, json=body)
            status, answer = await call
            assert status == 201, answer
            self.subscribers[town["id"]] = receiver

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
        nats = Nats(folder / "jetstream", log=folder / "nats.log", port=free_port())
        made = World(folder, postgres, nats)
        made.disk = disk
        made.clock = _clock(folder)
        try:
            await asyncio.to_thread(postgres.start)
            await asyncio.to_thread(nats.start)
            async with _entered(made):
                yield made
        finally:
            postgres.stop()
            nats.stop()
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
        nats: Any = _Address(f"nats://127.0.0.1:{made.nats_wire.port}")
        made.installation = Installation(postgres, nats, made.folder, environment=_environment(made))
        stack.push_async_callback(made.installation.stop)
        await made.installation.start()
        made.operator = await made.installation.token("operator")
        await made.subscribe()
        yield


class _Address(msgspec.Struct, frozen=True):
    url: str


def _environment(made: World) -> dict[str, str]:
    if made.clock is None:
        return {}
    library = next(str(place) for place in FAKETIME if place.exists())
    settings = {"FAKETIME_TIMESTAMP_FILE": str(made.clock), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return {"LD_PRELOAD": library, "FAKETIME_CACHE_DURATION": "1", **settings}


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
