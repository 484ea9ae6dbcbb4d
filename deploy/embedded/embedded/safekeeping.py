"""`make backup`, `make restore` and `make operate`: what operators do with an installation, running or not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NoReturn

from embedded.claim import RunRefused, locked
from embedded.environment import environment, key_files
from embedded.nats import HOST
from embedded.postgres import SOCKET_SUFFIX, SUPERUSER, Postgres
from embedded.reach import wheel_binaries

SCRIPTS: Final = Path(__file__).parents[2] / "backup"
"""The same that run in containers."""
NAMES: Final = ("catalog", "progress", "notifier")


def backup(folder: Path, to: Path, given: Mapping[str, str]) -> int:
    """A new folder below `to`; the exit code. Of an installation that does not run the database is started for it."""
    if not (folder / "postgres").exists():
        raise RunRefused(f"In {folder} there is no installation. Name its folder with DATA=…")
    with _database(folder, given) as sockets:
        return _call(["backup.sh", str(to)], folder, sockets, given)


def restore(folder: Path, made: Path, given: Mapping[str, str]) -> int:
    """Into a folder that nobody runs in, which may be a new one; the exit code."""
    with locked(folder), _own_database(folder, given) as sockets:
        return _call(["restore.sh", str(made)], folder, sockets, given)


def operate(folder: Path, words: Sequence[str], port: int, nats_port: int, given: Mapping[str, str]) -> NoReturn:
    """Become `python -m catalog|progress|notifier …`, speaking of the installation that runs in the folder."""
    if not words or words[0] not in NAMES:
        raise RunRefused(f'Which? For example: make operate COMMAND="progress followers" ({", ".join(NAMES)})')
    sockets = _sockets(folder)
    settings = environment(
        given,
        data=folder,
        port=port,
        nats_url=f"nats://{HOST}:{nats_port}",
        database_url=lambda name: f"postgresql://{SUPERUSER}@/{name}?host={sockets}",
        names=list(NAMES),
    )
    os.execve(sys.executable, [sys.executable, "-m", *words], settings)  # noqa: S606 - the operator's own words, no shell


@contextmanager
def _database(folder: Path, given: Mapping[str, str]) -> Iterator[Path]:
    """That of the installation that runs there, or else one started for a while."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
        except RunRefused:
            sockets = _sockets(folder)
        else:
            sockets = stack.enter_context(_own_database(folder, given))
        yield sockets


@contextmanager
def _own_database(folder: Path, given: Mapping[str, str]) -> Iterator[Path]:
    postgres = Postgres(
        folder / "postgres", log=folder / "logs" / "postgres.log", user=given.get("OZG_EMBEDDED_USER", "")
    )
    try:
        postgres.start()
        postgres.create_databases(NAMES)
        yield _sockets(folder)
    finally:
        postgres.stop()


def _sockets(folder: Path) -> Path:
    """Where the running database listens."""
    link = folder / f"postgres{SOCKET_SUFFIX}"
    if not link.is_symlink():
        raise RunRefused(f"Nothing runs in {folder}. Start it with `make run`, or name another folder with DATA=…")
    return link.readlink()


def _call(words: Sequence[str], folder: Path, sockets: Path, given: Mapping[str, str]) -> int:
    """One of the scripts, with the wheel's programs in its path."""
    keys = Path(key_files(folder)["OZG_TOKEN_PRIVATE_KEY_FILE"]).parent
    (folder / "nats").mkdir(mode=0o700, exist_ok=True)
    return subprocess.run(
        [shutil.which("sh") or "/bin/sh", str(SCRIPTS / words[0]), *words[1:]],
        check=False,
        stdin=subprocess.DEVNULL,
        env={
            "PATH": f"{wheel_binaries()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "LC_ALL": "C.UTF-8",
            "PGHOST": str(sockets),
            "PGUSER": SUPERUSER,
            "PRIVATE_KEYS": str(keys),
            "PUBLIC_KEYS": str(keys),
            "NOTIFIER_KEYS": str(keys),
            "STREAMS": str(folder / "nats"),
            "INSTALLATION": given.get("OZG_INSTALLATION", "localhost"),
        },
    ).returncode
