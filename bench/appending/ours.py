"""Appending as the catalog does it: `RecordStatus` through the append queue, with all its keepers."""

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from bench.appending.callers import call
from bench.appending.cells import cells
from bench.frame.answering import answer
from catalog.domain.entry import Entry
from catalog.domain.status_changes import RecordStatus
from catalog.keeping import keepers
from edge import logs, serving
from edge.correlation import uuid7
from events.contracts.parts import Maturity
from events.log.append import AppendQueue, Context, Log

TODAY = date(2026, 11, 1)
CONTEXT = Context("bench.example/operator/0199a2f4-7c1e-7d5a-9d57-2f6f0f1b6c11")


def entry(service: str) -> Entry:
    """One status as a town would record it."""
    return Entry(
        service=service,
        phase="live",
        effective_on=date(2026, 10, 1),
        maturity=Maturity(model="ozg-1.1", level=3),
        online_url="https://service.example/online",
    )


async def main(url: str) -> None:
    """Answers questions about the rate until stdin ends."""
    logs.configure("json", "warning")
    waiting = await cells(url)
    queue = AppendQueue(
        url,
        log=Log("catalog", "bench.example"),
        keepers=keepers(),
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
    )

    async def append() -> None:
        municipality, service = next(waiting)
        command = RecordStatus(municipality=municipality, entry=entry(service), today=TODAY)
        await queue.append(command, CONTEXT)

    async def handle(question: Mapping[str, Any]) -> dict[str, Any]:
        return await call(append, question)

    async with queue:
        await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
