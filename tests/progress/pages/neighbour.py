"""A server in place of the catalog or the notifier: it answers what it was given to say, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit


class Asked(NamedTuple):
    """One call."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Neighbour:
    """`answers` by method and path below its base: a status and JSON, or seconds of silence."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, tuple[int, Any] | float] = {}
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """What was put in place for this call."""
        self.asked.append(asked)
        found = self.answers.get(f"{asked.method} {asked.path}", (404, {"status": 404, "detail": "?"}))
        if not isinstance(found, float):
            return found
        time.sleep(found)
        return 503, {}


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    """On a port and in threads of its own, because the client of these tests holds the loop while it asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told = made.answer(Asked(self.command, unquote(parts.path), query, headers, body))
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that the server calls

        def log_message(self, *_: object) -> None:
            """Not on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    made = Neighbour(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
