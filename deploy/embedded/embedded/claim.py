"""A run claims its folder and ports before it touches anything, so that a second one can step back in peace."""

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.serving import AddressTaken, listen
from embedded.nats import is_taken

LINGERING_SECONDS: Final = 3.0


class RunRefused(Exception):
    """Someone else has the folder or a port; the message says which and what to do."""


@dataclass(frozen=True)
class Claim:
    """Held as long as this process lives; the kernel gives all of it back even after kill -9."""

    folder: Path
    port: int
    nats_port: int
    listening: socket.socket = field(repr=False)
    lock: int = field(repr=False)


def claim(folder: Path, host: str, port: int, nats_port: int) -> Claim:
    """Look first (an existing lock, both ports), make the folder last."""
    lock = _lock(folder) if (folder / "lock").exists() else None
    listening = _listen(host, port)
    _wait_for_nats_port(nats_port)
    if lock is None:
        _make(folder)
        lock = _lock(folder)
    os.ftruncate(lock, 0)
    os.write(lock, f"process {os.getpid()}, http://localhost:{port}".encode())
    return Claim(folder, port, nats_port, listening, lock)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """For a command that works in the folder while nobody runs there."""
    _make(folder)
    lock = _lock(folder)
    try:
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()}, no address".encode())
        yield
    finally:
        os.close(lock)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise RunRefused(f"The folder {folder} cannot be made: {error.strerror}. Choose another with DATA=…") from error


def _lock(folder: Path) -> int:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise RunRefused(
            f"The folder {folder} cannot be written: {error.strerror}. Choose another with DATA=…"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(lock, 200).decode(errors="replace") or "another process"
        os.close(lock)
        raise RunRefused(
            f"The folder {folder} is in use by another run ({holder}). Stop that one, or choose another folder and "
            "other ports, for example: make run DATA=.data2 PORT=8001 NATS_PORT=4223"
        ) from error
    return lock


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (AddressTaken, OverflowError) as error:
        taken = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
        if taken:
            raise RunRefused(
                f"Port {port} is taken by another program. Choose another, for example: make run PORT={port + 1}"
            ) from error
        raise RunRefused(
            f"Port {port} cannot be opened: {error}. Choose another, for example: make run PORT=8001"
        ) from error


def _wait_for_nats_port(port: int) -> None:
    """The nats-server of a run that was killed a moment ago may still be ending."""
    deadline = time.monotonic() + LINGERING_SECONDS
    while is_taken(port):
        if time.monotonic() > deadline:
            raise RunRefused(
                f"Port {port}, meant for nats-server, is taken by another program. "
                f"Choose another, for example: make run NATS_PORT={port + 1}"
            )
        time.sleep(0.1)
