"""Reads a catalog's whole feed: `{"who": "ours"}` fills progress's read models from it, `{"who": "floor"}` only decodes it.

python -m bench.growing.feeding postgresql://…progress http://127.0.0.1:…/api/catalog/v1
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from typing import Any

import structlog

from bench.frame.answering import answer
from edge import serving
from events.bus.feed import Feed
from events.contracts import envelope, registry
from progress.database import engine
from progress.migrating import migrate
from progress.settings import ProgressSettings
from progress.worker import now, rebuilt


async def main(database_url: str, catalog_url: str, installation: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    settings = ProgressSettings(database_url=database_url, catalog_url=catalog_url, installation=installation)
    await migrate(database_url)

    async def ours() -> None:
        database = engine(database_url, pool_size=settings.connections)
        await rebuilt(settings, database, now)
        await database.dispose()

    async def floor() -> None:
        """The next page is asked for while one is decoded."""
        async with Feed(catalog_url) as feed:
            after = 0
            page = await feed.page(after)
            while page.documents:
                after += len(page.documents)
                coming = asyncio.create_task(feed.page(after))
                await asyncio.sleep(0)
                for document in page.documents:
                    registry.decode(envelope.decode(document))
                page = await coming

    async def handle(question: Mapping[str, Any]) -> Mapping[str, Any]:
        began = time.perf_counter()
        await (ours if question["who"] == "ours" else floor)()
        return {"seconds": time.perf_counter() - began}

    await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
