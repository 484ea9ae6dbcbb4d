"""An installation that is lived in: somebody writes all the time, and somebody listens."""

import base64
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec

from tests.harness.installation import ROOT, Installation

TOWN, CITY = "145110000000", "147130000000"
PHASES = ("planned", "in_preparation", "in_implementation", "pilot")


def embedded(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`python -m embedded …`, as the Makefile calls it."""
    return subprocess.run(
        [sys.executable, "-m", "embedded", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=180,
        env={**os.environ, **environment},
    )


def token(place: Installation, role: str, municipality: str = "") -> str:
    done = embedded("token", "--role", role, "--municipality", municipality, "--data", str(place.data))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def operate(place: Installation, *words: str) -> str:
    """`make operate COMMAND="…"`: what it printed; it must succeed."""
    ports = ["--port", str(place.port), "--nats-port", str(place.nats_port), "--data", str(place.data)]
    done = embedded("operate", *ports, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def call(place: Installation, method: str, path: str, body: Any, bearer: str) -> tuple[int, Any]:
    """Status and JSON; 0 if nobody answers."""
    request = urllib.request.Request(
        place.url + path,
        method=method,
        data=msgspec.json.encode(body),
        headers={"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, msgspec.json.decode(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()
    except OSError:
        return 0, None


def open_solution(place: Installation, bearer: str, slug: str, component: str) -> None:
    """Everybody in Saxony who lacks the component should hear of it."""
    solution = {"name": slug, "kind": "saas", "services": [component], "publisher": f"ars:{CITY}"}
    path = f"/api/catalog/v1/solutions/{slug}"
    assert call(place, "PUT", path, solution, bearer)[0] == 201
    assert call(place, "PUT", f"{path}/availability/DE-SN", {"from": "2026-11-01"}, bearer)[0] in {200, 201}


def feed(place: Installation) -> list[Any]:
    """Every event of the catalog's log."""
    documents: list[Any] = []
    while page := place.ask(f"/api/catalog/v1/events?after={len(documents)}&limit=5000"):
        documents += page
    return documents


class Writer:
    """Records one status after the other until it is told to stop; `acknowledged` are positions."""

    def __init__(self, place: Installation, bearer: str) -> None:
        self.acknowledged: list[int] = []
        self._place = place
        self._bearer = bearer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        items = place.ask("/api/catalog/v1/services?level=commune&limit=50")["items"]
        self._services = [re.sub("^leika:", "", item["key"]) for item in items]

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()

    def _write(self) -> None:
        for phase, service in ((phase, service) for phase in cycle(PHASES) for service in self._services):
            path = f"/api/catalog/v1/municipalities/{TOWN}/services/{service}/status"
            status, answer = call(
                self._place, "PUT", path, {"phase": phase, "effective_on": "2026-11-01"}, self._bearer
            )
            assert status in {200, 201}, answer
            self.acknowledged.append(int(answer["position"]))
            if self._stop.wait(0.02):
                return


class Receiver:
    """A subscriber's server: what came in, with its `webhook-id`."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        heard = self.heard

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((self.headers["webhook-id"], body.decode()))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    @contextmanager
    def listening(self) -> Iterator["Receiver"]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def of(self, slug: str) -> list[str]:
        """The ids of what was said about that solution."""
        return [identity for identity, body in self.heard if f'"{slug}"' in body]


def revoke(place: Installation, bearer: str) -> None:
    """So that this token holds no longer."""
    middle = bearer.split(".")[1]
    identity = msgspec.json.decode(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["jti"]
    done = embedded("revoke", identity, "--data", str(place.data))
    assert done.returncode == 0, done.stderr


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
