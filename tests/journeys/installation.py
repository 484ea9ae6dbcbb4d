"""A whole installation for a journey: PostgreSQL, nats-server and the three services, each its own process, to be killed at will."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp

from edge.tokens import generate_keys
from embedded.nats import free_port
from tests.harness.nats import NatsServer
from tests.harness.postgres import PostgresServer

SERVICES = ("catalog", "progress", "notifier")
PATIENCE = 120.0
"""Seconds that a journey waits for what must happen; nothing is measured by it."""


class Process:
    """One service as operators run it: `python -m <service> serve`, or `web` and `worker` apart."""

    def __init__(self, name: str, port: int, environment: Mapping[str, str], log: Path, command: str = "serve") -> None:
        self.name = name
        self.command = command
        self.url = f"http://127.0.0.1:{port}/api/{name}/v1"
        self._environment = {**os.environ, **environment, "OZG_PORT": str(port)}
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", self.name, self.command], env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """As a power cut does: no goodbye."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def stop(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.send_signal(signal.SIGTERM)
            try:
                self._running.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    @property
    def last_words(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]

    @property
    def peak_memory(self) -> int:
        """Bytes resident at most so far."""
        return self.memory("VmHWM")

    def memory(self, kind: str) -> int:
        """Bytes of a kind that the kernel knows: `VmRSS` is resident now, `VmHWM` was at most."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{kind}:"))

    @property
    def is_dead(self) -> bool:
        return self._running is not None and self._running.poll() is not None


class Installation:
    """Addresses, tokens and calls; what every journey needs."""

    def __init__(
        self,
        postgres: PostgresServer,
        nats: NatsServer,
        folder: Path,
        *,
        environment: Mapping[str, str] = MappingProxyType({}),
        patience: float = PATIENCE,
    ) -> None:
        self.patience = patience
        self.postgres = postgres
        self.nats = nats
        self._folder = folder
        private, public = folder / "private.pem", folder / "public.pem"
        generate_keys(private, public)
        ports = {name: free_port() for name in SERVICES}
        self._environment = {
            "OZG_INSTALLATION": "journey.example",
            "OZG_PUBLIC_URL": f"http://127.0.0.1:{ports['catalog']}",
            "OZG_NATS_URL": nats.url,
            "OZG_CATALOG_URL": f"http://127.0.0.1:{ports['catalog']}/api/catalog/v1",
            "OZG_TOKEN_PRIVATE_KEY_FILE": str(private),
            "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
            "OZG_ALLOW_LOOPBACK_WEBHOOKS": "true",
            "OZG_LOG_FORMAT": "json",
            **{f"OZG_{name.upper()}_DATABASE_URL": postgres.url(name) for name in SERVICES},
            **environment,
        }
        self.services = {
            name: Process(name, ports[name], self._environment, folder / f"{name}.log") for name in SERVICES
        }
        self.session: aiohttp.ClientSession

    async def start(self) -> None:
        for name in SERVICES:
            self.postgres.sql(f"CREATE DATABASE {name}")
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40))
        self.services["catalog"].start()
        await self.ready("catalog")
        await self.command("catalog", "reference")
        for name in ("progress", "notifier"):
            self.services[name].start()
        for name in ("progress", "notifier"):
            await self.ready(name)

    async def stop(self) -> None:
        """Side by side, and not in this thread: what they say last may go through a wire that this loop is."""
        await self.session.close()
        await asyncio.gather(*(asyncio.to_thread(service.stop) for service in self.services.values()))

    async def ready(self, name: str) -> None:
        """Until the service answers that it is ready."""

        async def lives_and_is() -> bool:
            assert not self.services[name].is_dead, self.services[name].last_words
            return await self.is_ready(name)

        await eventually(lives_and_is, lambda: self.services[name].last_words, self.patience)

    async def is_ready(self, name: str) -> bool:
        """Whether it answers so now."""
        try:
            async with self.session.get(f"{self.services[name].url}/-/ready") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def command(
        self, service: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """`python -m catalog …`: what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            service,
            *arguments,
            env={**os.environ, **self._environment, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await asyncio.wait_for(process.communicate(), self.patience * 2)
        assert process.returncode == 0, complained.decode() + said.decode()
        return said.decode().strip()

    async def token(self, role: str, authority: str | None = None) -> dict[str, str]:
        """A header with a fresh token of this installation."""
        of = ["--municipality", authority] if authority else []
        return {"Authorization": f"Bearer {await self.command('catalog', 'token', 'issue', '--role', role, *of)}"}

    async def call(
        self, method: str, service: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[int, Any]:
        """Status and JSON (or text) of one call."""
        url = f"{self.services[service].url}{path}"
        async with self.session.request(method, url, headers=headers, **options) as response:
            if "json" in response.content_type:
                return response.status, await response.json(content_type=None)
            return response.status, await response.text()

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """The body of a GET that must succeed."""
        status, body = await self.call("GET", service, path, params={name: str(value) for name, value in query.items()})
        assert status == 200, (path, status, body)
        return body

    async def feed(self, after: int = 0) -> list[dict[str, Any]]:
        """Every event of the catalog's feed that follows a position."""
        documents: list[dict[str, Any]] = []
        while page := await self.get("catalog", "/events", after=after + len(documents), limit=5000):
            documents += page
        return documents


async def eventually(
    holds: Callable[[], Awaitable[bool]], explain: Callable[[], object] = str, patience: float = PATIENCE
) -> None:
    """Wait, for a bounded time, until it holds."""
    deadline = time.monotonic() + patience
    while not await holds():
        assert time.monotonic() < deadline, f"this never became so: {explain()}"
        await asyncio.sleep(0.1)
