"""Catalog and progress as operators run them, on fresh engines, with the reference catalogue."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from bench.frame import Bench
from catalog import reference
from catalog.migrating import migrate
from catalog.settings import CatalogSettings
from edge.correlation import uuid7
from edge.tokens import generate_keys, issue, load_private_key
from embedded.nats import free_port

NAME: Final = "bench.example"
PREFIX: Final = "/api/catalog/v1"


class Installation(NamedTuple):
    catalog_database: str
    progress_database: str
    catalog_port: int
    nats_url: str
    token: str
    head: int
    """How many events were there before anybody wrote."""
    prefix: str = PREFIX


@asynccontextmanager
async def installed(bench: Bench) -> AsyncIterator[Installation]:
    """Both are ready; progress may still be catching up."""
    async with AsyncExitStack() as stack:
        catalog, progress = [await stack.enter_async_context(bench.postgres()) for _ in range(2)]
        nats_url = await stack.enter_async_context(bench.nats())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ozg-bench-")))
        private, public = folder / "private.pem", folder / "public.pem"
        generate_keys(private, public)
        now = datetime.now(UTC)
        token = issue(
            load_private_key(private),
            issuer=NAME,
            authority=None,
            role="operator",
            lifetime=timedelta(hours=2),
            now=now,
            id=uuid7(),
        )
        await migrate(catalog)
        head = await reference.load(CatalogSettings(database_url=catalog, installation=NAME))
        ports = free_port(), free_port()
        environment = {
            "OZG_INSTALLATION": NAME,
            "OZG_NATS_URL": nats_url,
            "OZG_CATALOG_URL": f"http://127.0.0.1:{ports[0]}{PREFIX}",
            "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
            "OZG_CATALOG_DATABASE_URL": catalog,
            "OZG_PROGRESS_DATABASE_URL": progress,
            "OZG_LOG_FORMAT": "json",
        }
        for name, port in zip(("catalog", "progress"), ports, strict=True):
            ready = f"http://127.0.0.1:{port}/api/{name}/v1/-/ready"
            started = bench.program(
                "-m", name, "serve", environment={**environment, "OZG_PORT": str(port)}, ready=ready
            )
            await stack.enter_async_context(started)
        yield Installation(catalog, progress, ports[0], nats_url, token, head)
