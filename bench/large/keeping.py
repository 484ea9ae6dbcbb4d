"""A PostgreSQL of its own in `.data/bench/large`, with an installation of one per cent of the cells and one of all: filled once and kept.

Filled again only when what it is made from has changed: the definition, the product's tables, or how they are summed.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg
import msgspec

from bench.frame import Bench
from bench.large import catalogue, cells, filling, saying
from bench.large.filling import SETTINGS, fill
from catalog.migrating import migrate as migrate_catalog
from edge.tokens import generate_keys
from embedded.nats import free_port
from embedded.postgres import Postgres
from events.log.connect import connect
from progress.counting.contributions import contributions
from progress.counting.counters import COUNTER_TABLES
from progress.counting.recount import _DERIVED, _SUMMED
from progress.facts import bitmaps
from progress.migrating import migrate as migrate_progress
from progress.tables import TABLES

FOLDER: Final = "large"
FRACTIONS: Final[Mapping[str, float]] = {"small": 0.01, "large": 1.0}
BASE, LOG = "base", "catalogue_log"
_WITHIN: Final = 3600.0


@asynccontextmanager
async def kept(bench: Bench, names: Collection[str]) -> AsyncIterator[Postgres]:
    """The server with the product's settings and these installations in it, each a database of progress."""
    await fill_missing(bench, names)
    async with bench.kept_postgres(FOLDER) as server:
        yield server


async def fill_missing(bench: Bench, names: Collection[str]) -> None:
    """With settings for filling; a crash meanwhile costs no more than beginning again."""
    mark = bench.folder / FOLDER / "made-of.json"
    made = msgspec.json.decode(mark.read_bytes(), type=dict[str, str]) if mark.exists() else {}
    today = digest()
    missing = [name for name in names if made.get(name) != today]
    if not missing:
        return
    began = monotonic()
    async with bench.kept_postgres(FOLDER, SETTINGS) as server:
        if made.get(BASE) != today:
            mark.unlink(missing_ok=True)
            made = {}
            await _make_base(bench, server)
            made[BASE] = today
            mark.write_bytes(msgspec.json.encode(made))
        for name in missing:
            bench.say(f"filling {name}")
            _fresh(server, name, BASE)
            await fill(server.url(name), FRACTIONS[name], bench.say)
            made[name] = today
            mark.write_bytes(msgspec.json.encode(made))
    bench.say(f"filled {', '.join(missing)} in {(monotonic() - began) / 60:.1f} minutes")


def digest() -> str:
    """Of all that decides what is in the tables."""
    sum_ = hashlib.sha256()
    for module in (catalogue, cells, filling, bitmaps):
        sum_.update(Path(str(module.__file__)).read_bytes())
    sum_.update((resources.files("catalog.reference") / "data" / "municipalities.csv").read_bytes())
    for text in (
        *TABLES,
        contributions("recordings"),
        *(table.sums for table in COUNTER_TABLES),
        repr((_DERIVED, _SUMMED)),
    ):
        sum_.update(text.encode())
    return sum_.hexdigest()


async def _make_base(bench: Bench, server: Postgres) -> None:
    """A log that says the catalogue, and progress's database that has followed it."""
    for name in FRACTIONS:
        server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    for name in (BASE, LOG):
        _fresh(server, name)
    await migrate_catalog(server.url(LOG))
    log = await connect(server.url(LOG))
    try:
        await saying.say_catalogue(log)
    finally:
        await log.close()
    await followed(bench, server.url(LOG), server.url(BASE))


async def followed(bench: Bench, log: str, read_models: str) -> None:
    """Progress's database in which everything is that the log says: by the product's own rebuild, from the catalog's own feed."""
    await migrate_progress(read_models)
    with tempfile.TemporaryDirectory(prefix="ozg-bench-") as folder:
        private, public = Path(folder) / "private.pem", Path(folder) / "public.pem"
        generate_keys(private, public)
        port = free_port()
        address = f"http://127.0.0.1:{port}/api/catalog/v1"
        environment = {
            "OZG_INSTALLATION": saying.INSTALLATION,
            "OZG_CATALOG_URL": address,
            "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
            "OZG_CATALOG_DATABASE_URL": log,
            "OZG_PROGRESS_DATABASE_URL": read_models,
            "OZG_PORT": str(port),
            "OZG_LOG_FORMAT": "json",
        }
        async with bench.program("-m", "catalog", "web", environment=environment, ready=f"{address}/-/health"):
            began = monotonic()
            rebuilding = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "progress", "rebuild"),
                env={**os.environ, **environment},
                stdout=asyncio.subprocess.DEVNULL,
            )
            assert await asyncio.wait_for(rebuilding.wait(), _WITHIN) == 0, "progress did not rebuild"
            bench.say(f"followed the log in {monotonic() - began:.0f} s")
    connection: asyncpg.Connection[asyncpg.Record] = await connect(read_models)
    try:
        assert await connection.fetchval("SELECT sum(position) FROM live.followers")
    finally:
        await connection.close()


def _fresh(server: Postgres, name: str, template: str = "template0") -> None:
    server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
