"""PostgreSQL and nats-server as the product sets them up: real fsync, an acknowledged write is on disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.nats import Nats, free_port
from embedded.postgres import Postgres, memory_of_this_machine, serving


@contextmanager
def postgres(folder: Path, settings: dict[str, str] | None = None) -> Iterator[Postgres]:
    """A server on that folder's data, which are kept; begun empty where there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Postgres(
        folder / "postgres",
        log=folder / "postgres.log",
        settings={**serving(memory_of_this_machine()), **(settings or {})},
        sync_initdb=False,
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def passing_postgres(below: Path) -> Iterator[Postgres]:
    """A server whose data go when it stops. On the disk below, never in /tmp, which may be memory."""
    folder = _fresh(below)
    try:
        with postgres(folder) as server:
            yield server
    finally:
        _remove(folder)


@contextmanager
def passing_nats(below: Path, sync_interval: str = "always") -> Iterator[Nats]:
    folder = _fresh(below)
    server = Nats(folder / "jetstream", log=folder / "nats.log", port=free_port(), sync_interval=sync_interval)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fresh(below: Path) -> Path:
    below.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=below))
    folder.chmod(0o755)
    return folder


def _remove(folder: Path) -> None:
    """With the data that a link leads to, where the database's user could not reach this folder."""
    data = folder / "postgres"
    if data.is_symlink():
        shutil.rmtree(data.resolve().parent, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
