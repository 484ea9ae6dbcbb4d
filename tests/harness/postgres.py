"""PostgreSQL for tests: the wheel's server started by the embedded launcher's own code, or a container."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from embedded.nats import free_port
from embedded.postgres import SAFE, Postgres
from embedded.reach import wheel_binaries

FAST: Final[Mapping[str, str]] = {**SAFE, "fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
IMAGE: Final = "postgres:18-alpine"


class PostgresServer(Protocol):
    """What a test may do with a server of its own."""

    def url(self, database: str = "postgres") -> str: ...
    def sql(self, statement: str, database: str = "postgres") -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Databases:
    """Makes fresh databases on one server and drops them; call it for an empty one's URL."""

    def __init__(self, server: PostgresServer, templates: dict[str, str]) -> None:
        self._server = server
        self._templates = templates
        self._made: list[str] = []

    def __call__(self, *, template: str = "template0") -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._server.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return self._server.url(name)

    async def prepared(self, kind: str, prepare: Callable[[str], Awaitable[object]]) -> str:
        """A copy of a database that `prepare(url)` (migrations, say) filled once per session."""
        made_by = f"{kind} by {getattr(prepare, '__module__', '')}.{getattr(prepare, '__qualname__', '')}"
        if made_by not in self._templates:
            name = f"template_{kind}_{uuid.uuid4().hex[:6]}"
            self._server.sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
            await prepare(self._server.url(name))
            self._end_connections(name)
            self._templates[made_by] = name
        return self(template=self._templates[made_by])

    def drop_all(self) -> None:
        while self._made:
            self._server.sql(f'DROP DATABASE IF EXISTS "{self._made.pop()}" WITH (FORCE)')

    def _end_connections(self, name: str) -> None:
        """The server refuses to copy a database that someone is connected to."""
        self._server.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


@contextmanager
def embedded_postgres(settings: Mapping[str, str]) -> Iterator[Postgres]:
    """Not below pytest's folders: as root those are 0700, and the database runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="ozg-tests-"))
    folder.chmod(0o755)
    server = Postgres(folder / "postgres", log=folder / "postgres.log", settings=settings, sync_initdb=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class ContainerPostgres:
    """The same through testcontainers, on a port of its own that survives a restart."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        from testcontainers.community.postgres import PostgresContainer

        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._container = (
            PostgresContainer(IMAGE, driver=None).with_bind_ports(5432, free_port()).with_command(f"postgres {options}")
        )
        self._running = False

    def url(self, database: str = "postgres") -> str:
        parts = urlsplit(self._container.get_connection_url())
        return urlunsplit(parts._replace(path=f"/{database}"))

    def sql(self, statement: str, database: str = "postgres") -> str:
        arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement]
        done = subprocess.run([str(wheel_binaries() / "psql"), *arguments], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    def start(self) -> None:
        if self._running:
            self._container.get_wrapped_container().start()
            self._wait()
        else:
            self._container.start()
            self._running = True

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def remove(self) -> None:
        self._container.stop(force=True)

    def _wait(self) -> None:
        for _ in range(300):
            try:
                self.sql("SELECT 1")
            except RuntimeError:
                subprocess.run(["sleep", "0.1"], check=False)
            else:
                return
        raise TimeoutError(IMAGE)


@contextmanager
def container_postgres(settings: Mapping[str, str]) -> Iterator[ContainerPostgres]:
    server = ContainerPostgres(settings)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextmanager
def any_postgres(settings: Mapping[str, str] = FAST) -> Iterator[PostgresServer]:
    if os.environ.get("OZG_TESTS_WITH") == "containers":
        with container_postgres(settings) as container:
            yield container
    else:
        with embedded_postgres(settings) as server:
            yield server
