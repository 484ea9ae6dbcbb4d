"""A whole embedded installation in its own process, as `make run` starts it, to use, stop and kill."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from embedded.nats import free_port

ROOT: Final = Path(__file__).parents[2]
EMBEDDED: Final = ("-m", "embedded")
READY: Final = ("Ready: ", "Bereit: ")


class Installation:
    """Its folder and ports stay the same from one `start` to the next."""

    def __init__(self, folder: Path, program: Sequence[str] = EMBEDDED) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.nats_port = free_port()
        self.log = folder / "run.log"
        self._program = program
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.nats_port}"

    def begin(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start it without waiting."""
        ports = ["--port", str(self.port), "--nats-port", str(self.nats_port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._program, "run", *ports, "--data", str(self.data)],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environment},
                start_new_session=True,
            )
        return self.process

    def start(self, within_seconds: float = 100, **environment: str) -> None:
        """Start it and wait for its welcome."""
        said_before = self._welcomes()
        process = self.begin(**environment)
        deadline = time.monotonic() + within_seconds
        while self._welcomes() == said_before:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it did not start ({process.poll()}):\n{self.said()[-6000:]}")
            time.sleep(0.02)

    def end(self, how: signal.Signals = signal.SIGINT, within_seconds: float = 30) -> int:
        """Ctrl-C, or another signal; the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(within_seconds)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def postgres_pid(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    def nats_pid(self) -> int:
        return int((self.data / "nats.pid").read_text())

    def ask(self, path: str, method: str = "GET") -> Any:
        """The answer's JSON."""
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return msgspec.json.decode(answer.read())

    def processes(self) -> list[int]:
        """Every process that runs in or for its folder."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(self.data).encode() in (entry / "cmdline").read_bytes() or (
                    entry / "cwd"
                ).readlink().is_relative_to(self.data.resolve()):
                    found.append(int(entry.name))
        return found

    def _welcomes(self) -> int:
        return sum(self.said().count(word) for word in READY)


def wait_until(true: Any, within_seconds: float = 20) -> None:
    """Ask until it holds; errors of servers that are just coming back count as no."""
    deadline = time.monotonic() + within_seconds
    while True:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if true():
                return
        if time.monotonic() > deadline:
            raise AssertionError("it did not come true in time")
        time.sleep(0.05)


@contextlib.contextmanager
def installation(program: Sequence[str] = EMBEDDED) -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="ozg-tests-"))
    folder.chmod(0o755)
    place = Installation(folder, program)
    try:
        yield place
    finally:
        if place.process is not None and place.process.poll() is None:
            place.process.kill()
            place.process.wait()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not place.processes())
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def a_stranger_on(port: int) -> Iterator[None]:
    """Some other program that listens there."""
    with socket.create_server(("127.0.0.1", port)):
        yield
