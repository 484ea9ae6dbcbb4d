"""Catching up as the product does: the worker starts before a long log with an empty database, until its tables are in use."""

import sys
import time
from collections.abc import Mapping
from typing import Any

import structlog

from bench.frame.answering import answer
from edge import serving
from events.following import wait_for
from progress.database import engine
from progress.settings import ProgressSettings
from progress.worker import working

LIMIT = 900.0


async def main(catalog_url: str, nats_url: str, installation: str) -> None:
    """Answers how many seconds it took, for a database that was migrated and is empty."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

    async def handle(question: Mapping[str, Any]) -> dict[str, Any]:
        settings = ProgressSettings(
            database_url=question["database"], catalog_url=catalog_url, nats_url=nats_url, installation=installation
        )
        asking = engine(question["database"])
        began = time.perf_counter()
        async with working(settings) as follower:
            reached = await wait_for(asking, follower.name, question["position"], LIMIT)
            seconds = time.perf_counter() - began
        await asking.dispose()
        return {"seconds": seconds} if reached else {"error": str(follower.status)}

    await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
