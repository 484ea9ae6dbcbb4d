"""Appending with the Python library `eventsourcing`: an application saves a new aggregate for each status, as its tutorial does.

Runs in the peer's own virtual environment, with nothing of ours in it. The library is synchronous: a caller is a thread. Its plain
PostgreSQL mode locks the table while it inserts, so that readers of its log skip no event. What there is already is not looked for.
"""

import json
import sys
import threading
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

POOL = 5
"""The library's own default, and the fastest of 1, 5, 16 and 64 for 64 callers."""


class Status(Aggregate):
    """A status of one service in one municipality."""

    @event("Recorded")
    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data


class Catalog(Application[uuid.UUID]):
    """What records it."""

    def record_status(self, data: dict[str, Any]) -> uuid.UUID:
        status = Status(data)
        self.save(status)
        return status.id


def environment_of(url: str) -> dict[str, str]:
    """As the library's documentation names it, of a database behind a socket."""
    parts = urlsplit(url)
    host, database = parse_qs(parts.query)["host"][0], parts.path.strip("/")
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_HOST": host,
        "POSTGRES_PORT": "5432",
        "POSTGRES_DBNAME": database,
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": "unused",
        "POSTGRES_POOL_SIZE": str(POOL),
        "POSTGRES_MAX_OVERFLOW": "0",
        "POSTGRES_MAX_WAITING": "0",
        "POSTGRES_CONNECT_TIMEOUT": "30",
    }


def answer(application: Catalog, data: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """So many threads, each saving one aggregate after the other."""
    deadline = time.perf_counter() + question["seconds"]
    counts = [0] * question["callers"]

    def call(number: int) -> None:
        while time.perf_counter() < deadline:
            application.record_status(data)
            counts[number] += 1

    callers = [threading.Thread(target=call, args=(number,)) for number in range(question["callers"])]
    began = time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return {"rate": sum(counts) / (time.perf_counter() - began), "count": sum(counts)}


def main(url: str, data: str) -> None:
    application = Catalog(env=environment_of(url))
    fact = json.loads(data)
    for line in sys.stdin:
        try:
            answered = answer(application, fact, json.loads(line))
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answered = {"error": repr(error)}
        print(json.dumps(answered), flush=True)
    application.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
