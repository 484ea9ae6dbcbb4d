"""Three nats-servers that are one JetStream, started by the embedded launcher's own code; each may be killed and started again."""

import asyncio
import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nats.aio.client import Client

from embedded import child
from embedded.nats import HOST, binary, free_port, greeting


class Member:
    """One of them."""

    def __init__(self, folder: Path, name: str, port: int, routes: Sequence[int], route: int) -> None:
        self.name = name
        self.port = port
        self._log = folder / f"{name}.log"
        self._file = folder / f"{name}.conf"
        self._child: subprocess.Popen[bytes] | None = None
        self._log_from = 0
        self._file.write_text(
            f"server_name: {name}\nlisten: {json.dumps(f'{HOST}:{port}')}\n"
            f"jetstream {{ store_dir: {json.dumps(str(folder / name))}, sync_interval: always }}\n"
            f"cluster {{ name: ozg, no_advertise: true, listen: {json.dumps(f'{HOST}:{route}')}\n"
            f"  routes: {json.dumps([f'nats://{HOST}:{other}' for other in routes])} }}\n"
        )

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.poll() is None else None

    def launch(self) -> None:
        self._log_from = self._log.stat().st_size if self._log.exists() else 0
        self._child = child.start([str(binary()), "-c", str(self._file)], death_signal=signal.SIGKILL, log=self._log)

    def is_ready(self) -> bool:
        """It listens; whether the three agree is another question."""
        return self.pid is not None and bool(greeting(self.port).get("jetstream"))

    def last_words(self) -> str:
        return child.last_words(self._log, self._log_from)

    def start(self) -> None:
        child.bring_up(self)

    def stop(self) -> None:
        child.stop(self._child, signal.SIGKILL, 5)

    kill = stop


class Cluster:
    """All three; `url` names each, as operators do."""

    def __init__(self, folder: Path) -> None:
        ports, routes = [free_port() for _ in range(3)], [free_port() for _ in range(3)]
        self.members = [Member(folder, f"n{number}", ports[number], routes, routes[number]) for number in range(3)]

    @property
    def url(self) -> str:
        return ",".join(f"nats://{HOST}:{member.port}" for member in self.members)

    async def leader(self, stream: str) -> Member:
        """Who leads the stream now."""
        client = Client()
        await client.connect(self.url.split(","), allow_reconnect=True)
        try:
            while True:
                try:
                    info = await client.jetstream(timeout=2).stream_info(stream)
                except Exception:  # noqa: BLE001 - while they elect, nobody answers
                    await asyncio.sleep(0.2)
                    continue
                name = info.cluster.leader if info.cluster else None
                found = [member for member in self.members if member.name == name and member.pid is not None]
                if found:
                    return found[0]
                await asyncio.sleep(0.2)
        finally:
            await client.close()


@contextmanager
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="ozg-tests-") as folder:
        made = Cluster(Path(folder))
        try:
            for member in made.members:
                member.start()
            yield made
        finally:
            for member in made.members:
                member.stop()
