"""What a measure is given: engines, programs, rounds, and where to report."""

import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from bench.frame import engines, programs
from bench.frame.programs import Program
from bench.frame.rows import Better, Row
from bench.frame.samples import PEER, Contestant, Sample, in_turns
from bench.frame.table import table
from embedded.postgres import Postgres

T = TypeVar("T")


class Bench:
    """One measure's view of the run. `folder` is for data that are kept."""

    def __init__(self, folder: Path, *, small: bool = False) -> None:
        self.folder = folder
        self.small = small
        self.rows: list[Row] = []
        self.lost: list[str] = []
        self._server: Postgres | None = None
        self._stack = AsyncExitStack()

    def pick(self, full: T, small: T) -> T:
        """The first in a full run, the second in CI's small one."""
        return small if self.small else full

    def say(self, text: str) -> None:
        """Progress, for whoever waits."""
        print(f"  {text}", file=sys.stderr, flush=True)

    @asynccontextmanager
    async def postgres(self, like: str | None = None) -> AsyncIterator[str]:
        """The URL of a fresh database, dropped at the end; all databases of one measure are on one fresh server.

        Empty, or a copy of the one `like` is the URL of, to which nobody may be connected.
        """
        if self._server is None:
            self._server = self._stack.enter_context(engines.passing_postgres(self.folder))
        name = f"bench_{uuid.uuid4().hex[:12]}"
        template = urlsplit(like).path.strip("/") if like else "template1"
        self._server.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self._server.url(name)
        finally:
            self._server.sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    @asynccontextmanager
    async def kept_postgres(self, name: str, settings: Mapping[str, str] | None = None) -> AsyncIterator[Postgres]:
        """A server of its own whose data in `.data/bench/<name>` stay there for the next run."""
        with engines.postgres(self.folder / name, dict(settings or {})) as server:
            yield server

    @asynccontextmanager
    async def nats(self, sync_interval: str = "always") -> AsyncIterator[str]:
        """The URL of a fresh nats-server with JetStream."""
        with engines.passing_nats(self.folder, sync_interval) as server:
            yield server.url

    @asynccontextmanager
    async def program(
        self, *command: str, environment: Mapping[str, str] | None = None, ready: str | None = None
    ) -> AsyncIterator[Program]:
        """A process of its own, stopped at the end; `-m module …` is run by this Python; `ready` is an address to wait for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        running = await programs.start(command, self.folder / "programs.log", environment)
        try:
            if ready is not None:
                await running.answers(ready)
            yield running
        finally:
            await running.stop()

    @contextmanager
    def or_left_out(self, name: str) -> Iterator[None]:
        """What goes wrong in here costs the peer its place, and the others nothing."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - told, and the run ends with an error
            self._lose(name, error)

    async def rounds(self, contestants: Mapping[str, Contestant], times: int = 5) -> dict[str, Sample]:
        """Each contestant in turns: one round to warm up, then `times` (in CI two) that count."""
        taking_part = {
            name: contestant for name, contestant in contestants.items() if not (self.small and name.startswith(PEER))
        }
        return await in_turns(taking_part, self.pick(times, min(times, 2)), self._lose)

    def report(
        self,
        measure: str,
        ours: Sample,
        *,
        floor: Sample | None = None,
        peers: Mapping[str, Sample] | None = None,
        unit: str,
        better: Better = "higher",
        must: Mapping[str, float] | None = None,
        conditions: str = "",
    ) -> None:
        """A line of the table. `must`: what ours divided by that must reach, or with `better="lower"` must not exceed."""
        row = Row(measure, ours, floor, peers or {}, unit, better, must or {}, conditions)
        self.rows.append(row)
        self.say(table([row._replace(must={}) if self.small else row]).replace("\n", "\n  "))

    async def close(self) -> None:
        """Stop the measure's database server."""
        self._server = None
        await self._stack.aclose()

    def _lose(self, name: str, error: Exception) -> None:
        self.lost.append(f"{name}: {error!r}")
        self.say(f"{name} is left out: {error!r}")
