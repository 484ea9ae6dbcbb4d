"""Starts servers as direct children that cannot outlive this process."""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

LARGEST_LOG_BYTES = 10_000_000
START_RETRIED_FOR_SECONDS = 10.0
READY_WITHIN_SECONDS = 600.0
USERS_TO_BECOME = ("postgres", "nobody")


class ServerDidNotStart(Exception):
    """A server ended, or kept silent, before it accepted connections."""


class Server(Protocol):
    """What PostgreSQL and nats-server have in common for those who start and watch them."""

    name: str

    @property
    def pid(self) -> int | None: ...
    def launch(self) -> None: ...
    def is_ready(self) -> bool: ...
    def last_words(self) -> str: ...
    def stop(self) -> None: ...


def bring_up(server: Server) -> None:
    """Launch and wait until it accepts connections."""
    for pause in steps_up(server):
        time.sleep(pause)


def steps_up(server: Server) -> Iterator[float]:
    """Brings it up step by step and yields how long to pause, so that a program with an event loop need not block.

    A killed server may linger for a moment and hold its folder or port, so an early end is tried again for a while.
    """
    began = time.monotonic()
    server.launch()
    while not server.is_ready():
        took = time.monotonic() - began
        if server.pid is None:
            if took > START_RETRIED_FOR_SECONDS:
                break
            yield 0.2
            server.launch()
        elif took > READY_WITHIN_SECONDS:
            break
        yield 0.02
    else:
        return
    raise ServerDidNotStart(f"{server.name} did not start.\n{server.last_words()}")


def user_to_become(chosen: str = "") -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then the named system user runs it, else the first of the usual ones."""
    if os.geteuid() != 0:
        return None
    for name in (chosen,) if chosen else USERS_TO_BECOME:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    names = chosen or " or ".join(USERS_TO_BECOME)
    raise ServerDidNotStart(
        f"As root, PostgreSQL needs an ordinary system user to run as, but there is no user {names}."
    )


def start(
    command: Sequence[str],
    *,
    death_signal: signal.Signals,
    log: Path,
    user: pwd.struct_passwd | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Call it from the main thread only: the kernel counts the starting *thread* as the parent that must live on.

    The child gets a session of its own, so that Ctrl-C reaches only us and we stop things in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    ids = (str(user.pw_uid), str(user.pw_gid)) if user else ("-", "-")
    shim = [sys.executable, "-I", "-S", str(Path(__file__).with_name("as_child.py"))]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*shim, str(int(death_signal)), str(os.getpid()), *ids, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **(environment or {})},
            cwd="/",
            start_new_session=True,
        )


def stop(child: subprocess.Popen[bytes] | None, how: signal.Signals, within_seconds: float) -> None:
    """Asks, waits, and after the time is up insists."""
    if child is None or child.poll() is not None:
        return
    child.send_signal(how)
    try:
        child.wait(within_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def last_words(log: Path, since: int = 0, lines: int = 8) -> str:
    """The end of what a server wrote, from byte `since` on: the reason, when it did not start."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(since if since <= log.stat().st_size else 0)
        return "\n".join(file.read().decode(errors="replace").strip().splitlines()[-lines:])
