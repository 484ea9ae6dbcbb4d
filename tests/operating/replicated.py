"""A PostgreSQL and a replica of it, made by the scripts and with the secrets that containers have, each to be killed and started again."""

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final
from unittest.mock import patch
from urllib.parse import quote

from embedded import child
from embedded.postgres import SAFE, Postgres
from embedded.reach import binaries_for
from tests.harness.installation import ROOT

SCRIPTS: Final = ROOT / "deploy" / "postgres"


def first_start() -> ModuleType:
    """The program that makes what is secret."""
    specification = importlib.util.spec_from_file_location("first_start", ROOT / "deploy" / "first_start.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Follower:
    """`replica.sh`; like a container it is started again by whoever runs it."""

    name = "The replica"

    def __init__(self, folder: Path, primary: str, options: Mapping[str, str]) -> None:
        self._user = child.user_to_become()
        self._binaries = binaries_for(self._user)
        self._folder = folder
        self._sockets = Path(tempfile.mkdtemp(prefix="ozg-", dir="/tmp"))
        self._log, self._log_from = folder / "replica.log", 0
        self._child: subprocess.Popen[bytes] | None = None
        given = {"unix_socket_directories": str(self._sockets), "listen_addresses": "", **options}
        self._options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        self._environment = {
            "PATH": f"{self._binaries}{os.pathsep}{os.environ['PATH']}",
            "PGDATA": str(folder / "data" / "replica"),
            "PGPASSFILE": str(folder / "replica" / "pgpass"),
            "PRIMARY": f"host={primary} user=replica",
            "LOOK_EVERY": "0.5",
        }
        for path in (folder / "data", folder / "replica", folder / "replica" / "pgpass", self._sockets):
            path.mkdir(exist_ok=True) if path.name != "pgpass" else None
            if self._user is not None:
                os.chown(path, self._user.pw_uid, self._user.pw_gid)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.poll() is None else None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._sockets), safe='/')}"

    def launch(self) -> None:
        self._log_from = self._log.stat().st_size if self._log.exists() else 0
        command = ["/bin/sh", str(self._folder / "scripts" / "replica.sh"), *self._options]
        self._child = child.start(
            command, death_signal=signal.SIGINT, log=self._log, user=self._user, environment=self._environment
        )

    def is_ready(self) -> bool:
        asked = [str(self._binaries / "pg_isready"), "-q", "-U", "postgres", "-h", str(self._sockets)]
        return self.pid is not None and subprocess.run(asked, check=False).returncode == 0

    def last_words(self) -> str:
        return child.last_words(self._log, self._log_from, 40)

    def start(self) -> None:
        child.bring_up(self)

    def stop(self) -> None:
        child.stop(self._child, signal.SIGINT, 15)

    def kill(self) -> None:
        child.stop(self._child, signal.SIGKILL, 15)

    def suspend(self, how: signal.Signals = signal.SIGSTOP) -> None:
        """All its processes stand still: it takes connections, as far as the kernel does, and says nothing."""
        assert self.pid is not None
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in (self.pid, *map(int, children)):
            os.kill(pid, how)

    def resume(self) -> None:
        self.suspend(signal.SIGCONT)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def sql(self, statement: str, database: str = "postgres") -> str:
        return asked(self._binaries, self.url(database), statement)


def asked(binaries: Path, url: str, statement: str) -> str:
    command = [str(binaries / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


class Pair:
    """Both; `primary` speaks on an address of its own as well, where only a password lets one in."""

    def __init__(self, folder: Path, options: Mapping[str, str]) -> None:
        self.address = "127." + ".".join(str(random.randint(2, 250)) for _ in range(3))
        self.folder = folder
        shutil.copytree(SCRIPTS, folder / "scripts")
        (folder / "replica").mkdir()
        with patch("os.chown"):
            first_start().make_databases(folder)
        settings = {
            **SAFE,
            "listen_addresses": self.address,
            "hba_file": str(folder / "scripts" / "pg_hba.conf"),
            **options,
        }
        self.primary = Postgres(folder / "postgresql", log=folder / "primary.log", settings=settings, sync_initdb=False)
        self.replica = Follower(folder, self.address, {"max_connections": SAFE["max_connections"]})

    def admit(self) -> None:
        environment = {
            "PATH": f"{self.replica._binaries}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": self.primary.url().partition("host=")[2],
            "PGUSER": "postgres",
            "REPLICA_PASSWORD_FILE": str(self.folder / "postgres" / "replica"),
        }
        command = ["/bin/sh", str(self.folder / "scripts" / "admit_replica.sh")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


@contextmanager
def pair(**options: str) -> Iterator[Pair]:
    """A database that runs, and a replica that does; `options` are settings of the former."""
    folder = Path(tempfile.mkdtemp(prefix="ozg-tests-"))
    folder.chmod(0o755)
    made = Pair(folder, options)
    try:
        made.primary.start()
        made.admit()
        made.replica.start()
        yield made
    finally:
        made.replica.remove()
        made.primary.stop()
        shutil.rmtree(folder, ignore_errors=True)
