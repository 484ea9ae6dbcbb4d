"""`make audit` names what is vulnerable, and says so when it cannot know."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from deploy import audit

LOCK = Path(__file__).parents[2] / "requirements.lock"


class Advisories(BaseHTTPRequestHandler):
    """Knows of one package that is vulnerable, and what it was asked."""

    asked: ClassVar[list[dict[str, Any]]] = []
    known: ClassVar[dict[tuple[str, str], list[str]]] = {}
    garbage: ClassVar[bytes | None] = None

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.extend(body["queries"])
        found = [self.known.get((one["package"]["name"], one["version"]), []) for one in body["queries"]]
        results = [{"vulns": [{"id": id_} for id_ in ids]} if ids else {} for ids in found]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.garbage if self.garbage is not None else json.dumps({"results": results}).encode())

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def service() -> Iterator[str]:
    Advisories.asked, Advisories.known, Advisories.garbage = [], {}, None
    server = HTTPServer(("127.0.0.1", 0), Advisories)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_package_of_the_lock_is_asked_about(service: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["--lock", str(LOCK), "--service", service]) == 0
    names = {one["package"]["name"] for one in Advisories.asked}
    assert {"litestar", "asyncpg", "joserfc", "aiohttp"} <= names
    assert len(Advisories.asked) == len(audit.pinned(LOCK.read_text(encoding="utf-8"))) > 50
    assert "0 with known vulnerabilities" in capsys.readouterr().out


def test_what_is_vulnerable_is_named_and_fails_unless_it_is_to_be_ignored(
    service: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "lock"
    lock.write_text('jinja2==2.4.1 ; sys_platform == "linux" \\\n    --hash=sha256:00\nb==1.0\n')
    Advisories.known = {("jinja2", "2.4.1"): ["GHSA-1", "PYSEC-2"]}
    arguments = ["--lock", str(lock), "--service", service]
    assert audit.main(arguments) == 1
    assert capsys.readouterr().out == "jinja2 2.4.1: GHSA-1, PYSEC-2\n2 packages, 1 with known vulnerabilities\n"
    assert audit.main([*arguments, "--ignore", "GHSA-1"]) == 1
    assert audit.main([*arguments, "--ignore", "GHSA-1", "--ignore", "PYSEC-2"]) == 0


@pytest.mark.parametrize("garbage", [b"", b"<html>", b'{"results": []}'])
def test_who_cannot_be_asked_stops_nobody_and_is_named(
    service: str, garbage: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Advisories.garbage = garbage
    assert audit.main(["--lock", str(LOCK), "--service", service]) == 0
    assert capsys.readouterr().out.startswith(f"audit skipped: {service} cannot be asked")
    assert audit.main(["--lock", str(LOCK), "--service", "http://127.0.0.1:9"]) == 0
    assert "audit skipped" in capsys.readouterr().out
