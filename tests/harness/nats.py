"""nats-server for tests: the wheel's server started by the embedded launcher's own code, or a container."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from embedded.nats import Nats, free_port, greeting

IMAGE: Final = "nats:2.12-alpine"


class NatsServer(Protocol):
    """What a test may do with a server of its own; `store` is JetStream's folder."""

    store: Path

    @property
    def url(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class ContainerNats:
    """The same through testcontainers, on a port of its own that survives a restart."""

    def __init__(self, folder: Path) -> None:
        from testcontainers.core.container import DockerContainer

        self.store = folder / "jetstream"
        self.store.mkdir()
        self._port = free_port()
        (folder / "nats.conf").write_text("jetstream { store_dir: /data/jetstream, sync_interval: always }\n")
        self._container = (
            DockerContainer(IMAGE)
            .with_bind_ports(4222, self._port)
            .with_volume_mapping(str(folder), "/data", "rw")
            .with_command("-c /data/nats.conf")
        )
        self._running = False

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        if self._running:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._running = True
        deadline = time.monotonic() + 60
        while not greeting(self._port).get("jetstream"):
            if time.monotonic() > deadline:
                raise TimeoutError(IMAGE)
            time.sleep(0.05)

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def remove(self) -> None:
        self._container.stop(force=True)


@contextmanager
def any_nats(sync_interval: str = "always") -> Iterator[NatsServer]:
    folder = Path(tempfile.mkdtemp(prefix="ozg-tests-"))
    folder.chmod(0o755)
    try:
        if os.environ.get("OZG_TESTS_WITH") == "containers":
            container = ContainerNats(folder)
            try:
                container.start()
                yield container
            finally:
                container.remove()
        else:
            server = Nats(folder / "jetstream", log=folder / "nats.log", port=free_port(), sync_interval=sync_interval)
            try:
                server.start()
                yield server
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
