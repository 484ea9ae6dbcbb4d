"""What operators do with docker-compose: up from nothing, use it through the one address, kill containers, down."""

import json
import os
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from embedded.nats import free_port

ROOT = Path(__file__).parents[2]
TOWN, CITY = "145110000000", "010010000000"
SERVICE = "99115005104000"
PATIENCE = 60.0

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.environ.get("OZG_TESTS_WITH") != "containers", reason="needs Docker: make test-containers"),
    pytest.mark.skipif(shutil.which("docker-compose") is None, reason="needs docker-compose"),
]


class Composed:
    """The project's compose files under a name, with ports, volumes and an image of its own."""

    def __init__(self, folder: Path, *files: str) -> None:
        self._files: list[str] = []
        self.add(*files)
        self.name = f"ozg-{uuid.uuid4().hex[:8]}"
        self.address = f"https://localhost:{free_port()}"
        self._env = folder / "env"
        self._env.write_text(
            f"OZG_VERSION={self.name}\nOZG_SITE=localhost\nOZG_PUBLIC_URL={self.address}\nOZG_INSTALLATION=compose.test\n"
            f"OZG_HTTP_PORT={free_port()}\nOZG_HTTPS_PORT={self.address.rpartition(':')[2]}\n"
            f"OZG_BACKUPS={folder / 'backups'}\n"
        )
        self._unchecked = ssl.create_default_context()
        self._unchecked.check_hostname, self._unchecked.verify_mode = False, ssl.CERT_NONE

    def add(self, *files: str) -> None:
        """From now on with these as well."""
        self._files += [word for file in files for word in ("-f", f"deploy/{file}")]

    def compose(self, *arguments: str, limit: float = 600) -> str:
        """Its standard output; what went wrong is in the exception."""
        command = [
            "docker-compose",
            "--env-file",
            str(self._env),
            "-p",
            self.name,
            *self._files,
            *arguments,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def token(self, *arguments: str) -> str:
        return self.compose("run", "--rm", "token", "issue", *arguments).split()[-1]

    def container(self, service: str) -> str:
        return self.compose("ps", "-q", service).strip()

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
        """Through Caddy; its own authority's certificate is taken as it is."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._unchecked) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text[:1] in b"{[" else text
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def until(self, path: str, status: int = 200) -> Any:
        """Ask again until it answers so."""
        last: Any = None
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                last = self.call("GET", path)
            except OSError as error:
                last = error
            else:
                if last[0] == status:
                    return last[1]
            time.sleep(0.3)
        raise AssertionError(f"{path}: {last}\n{self.compose('logs', '--tail=30')}")


@contextmanager
def up(folder: Path, *files: str) -> Iterator[Composed]:
    """From nothing, and nothing left behind."""
    made = Composed(folder, *files)
    try:
        made.compose("up", "-d", "--build")
        yield made
    finally:
        made.compose("down", "-v", "--remove-orphans")
        subprocess.run(["docker", "rmi", "-f", f"ozg:{made.name}"], capture_output=True, check=False)


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[Composed]:
    with up(tmp_path, "compose.yaml") as made:
        yield made


def record(composed: Composed, token: str, phase: str = "live") -> int:
    """Record what the README's tour records; the position of the event."""
    status: dict[str, Any] = {"phase": phase, "effective_on": "2026-11-01"}
    if phase == "live":
        status["maturity"] = {"model": "ozg-1.1", "level": 3}
    path = f"/api/catalog/v1/municipalities/{TOWN}/services/{SERVICE}/status"
    code, answer = composed.call("PUT", path, status, token)
    assert code in {200, 201}, answer
    return int(answer["position"])


def test_an_installation_in_containers_is_used_killed_and_used_again(composed: Composed) -> None:
    composed.until("/-/ready")
    editor = composed.token("--role", "editor", "--municipality", TOWN)
    position = record(composed, editor)
    shown = composed.until(f"/api/progress/v1/municipalities/{TOWN}?at_least={position}")
    assert shown["online"]["own"]["numerator"] == 1
    assert b"<html" in composed.until("/")
    assert composed.call("GET", "/api/catalog/v1/-/metrics")[0] == 404, "metrics stay inside"

    operator = composed.token("--role", "operator")
    assert _open_outbox(composed, operator)[0] in {200, 201}
    told = composed.until(f"/api/notifier/v1/municipalities/{CITY}/alerts")
    for _ in range(100):
        if told["items"]:
            break
        time.sleep(0.2)
        told = composed.until(f"/api/notifier/v1/municipalities/{CITY}/alerts")
    assert told["items"], "the digital outbox is open to everyone, and that town has none"

    for service in ("catalog-web", "catalog-worker", "progress-worker", "notifier-worker", "nats", "postgres"):
        subprocess.run(["docker", "kill", composed.container(service)], capture_output=True, check=True)
    composed.compose("up", "-d")
    composed.until("/api/catalog/v1/-/ready")
    kept = composed.until(f"/api/catalog/v1/municipalities/{TOWN}/services/{SERVICE}/status")
    assert kept["version"] == 1, "acknowledged before the kill"
    position = record(composed, editor, "suspended")
    shown = composed.until(f"/api/progress/v1/municipalities/{TOWN}?at_least={position}")
    assert shown["online"]["own"]["numerator"] == 0
    _back_up_and_restore(composed, editor, position)
    assert "Violation" not in composed.compose("logs", "nats"), "a service was refused what it needs"


def test_one_machine_becomes_several_of_everything_and_any_container_may_be_killed(composed: Composed) -> None:
    """But for the one PostgreSQL, somebody else takes over at once; what was acknowledged is in log, stream and figures."""
    scaled = composed
    scaled.until("/-/ready")
    editor = scaled.token("--role", "editor", "--municipality", TOWN)
    positions = [record(scaled, editor)]
    scaled.add("compose.scale.yaml")
    scaled.compose("up", "-d")
    _reads_from(scaled, "in use")
    ours = [f"{name}-{part}" for name in ("catalog", "progress", "notifier") for part in ("web", "worker")]
    for service in (*ours, "postgres-replica", "nats-2", "", "nats", "postgres"):
        if service:
            victim = scaled.container(service).split()[0]
            subprocess.run(["docker", "kill", victim], capture_output=True, check=True)
        if service in {"", "postgres"}:
            scaled.compose("up", "-d")
        positions.append(_recorded(scaled, editor, "live" if len(positions) % 2 == 0 else "suspended"))
    assert positions == list(range(positions[0], positions[0] + len(positions)))
    shown = scaled.until(f"/api/progress/v1/municipalities/{TOWN}?at_least={positions[-1]}")
    assert shown["online"]["own"]["numerator"] == len(positions) % 2
    _reads_from(scaled, "in use")
    _stream_is_the_log(scaled, positions[-1])

    made = scaled.compose("run", "--rm", "backup").split()[-1].rpartition("/")[2]
    assert _recorded(scaled, editor, "pilot") == positions[-1] + 1
    scaled.compose("stop")
    assert f"the log ends at {positions[-1]}" in scaled.compose("run", "--rm", "restore", made)
    scaled.compose("up", "-d")
    scaled.until("/api/catalog/v1/-/ready")
    _reads_from(scaled, "in use")
    assert scaled.until("/api/progress/v1/overview")["position"] == positions[-1], "the replica was restored as well"
    assert _recorded(scaled, editor, "planned") == positions[-1] + 1
    scaled.until(f"/api/progress/v1/municipalities/{TOWN}?at_least={positions[-1] + 1}")
    _stream_is_the_log(scaled, positions[-1] + 1)


def _reads_from(composed: Composed, replica: str) -> None:
    """Of two processes that answer one after the other, both."""
    seen: list[str] = []
    until = time.monotonic() + 2 * PATIENCE
    while seen[-4:] != [replica] * 4:
        assert time.monotonic() < until, composed.compose("logs", "--tail=30", "postgres-replica", "progress-web")
        seen.append(composed.until("/-/status?format=json")["facts"].get("replica", "none"))
        time.sleep(0.3)


def _stream_is_the_log(composed: Composed, head: int) -> None:
    wanted = ["log", str(head), "stream", str(head), "agree", "yes"]
    for _ in range(100):
        said = composed.compose("exec", "-T", "catalog-worker", "python", "-m", "catalog", "stream", "show").split()
        if said[: len(wanted)] == wanted:
            break
        time.sleep(0.3)
    assert said[: len(wanted)] == wanted


def _recorded(composed: Composed, token: str, phase: str) -> int:
    """Like any client: again until it is acknowledged."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return record(composed, token, phase)
        except (AssertionError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


def _back_up_and_restore(composed: Composed, editor: str, position: int) -> None:
    """What was recorded after the backup is gone, what was before is there; the streams were ahead and agree again."""
    made = composed.compose("run", "--rm", "backup").split()[-1].rpartition("/")[2]
    assert record(composed, editor, "pilot") == position + 1
    composed.compose("stop")
    assert f"the log ends at {position}" in composed.compose("run", "--rm", "restore", made)
    composed.compose("up", "-d")
    composed.until("/api/catalog/v1/-/ready")
    kept = composed.until(f"/api/catalog/v1/municipalities/{TOWN}/services/{SERVICE}/status")
    assert (kept["version"], kept["position"]) == (2, position)
    assert record(composed, editor) == position + 1
    shown = composed.until(f"/api/progress/v1/municipalities/{TOWN}?at_least={position + 1}")
    assert shown["online"]["own"]["numerator"] == 1
    for _ in range(100):
        said = composed.compose("exec", "-T", "catalog-worker", "python", "-m", "catalog", "stream", "show").split()
        if said.count(str(position + 1)) == 2:
            break
        time.sleep(0.2)
    assert said[: said.index("created")] == ["log", str(position + 1), "stream", str(position + 1), "agree", "yes"]


def _open_outbox(composed: Composed, operator: str) -> tuple[int, Any]:
    solution = {
        "name": "Digitaler Postausgang",
        "kind": "saas",
        "services": ["basis:postausgang"],
        "publisher": "org:kommunal",
    }
    code, answer = composed.call("PUT", "/api/catalog/v1/solutions/postausgang", solution, operator)
    assert code in {200, 201}, answer
    return composed.call(
        "PUT", "/api/catalog/v1/solutions/postausgang/availability/DE", {"from": "2026-11-01"}, operator
    )
