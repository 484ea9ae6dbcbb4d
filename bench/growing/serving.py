"""`python -m catalog web` on a given database, and a token for it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from bench.frame import Bench
from bench.measures.record import INSTALLATION, PREFIX, operators_token
from edge.tokens import generate_keys
from embedded.nats import free_port


class Served(NamedTuple):
    """Where it is, and what an operator sends with every call."""

    port: int
    authorization: dict[str, str]
    public_key: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"


@asynccontextmanager
async def served(bench: Bench, database_url: str) -> AsyncIterator[Served]:
    """It answers already."""
    with tempfile.TemporaryDirectory(prefix="ozg-bench-") as folder:
        private, public = Path(folder) / "private.pem", Path(folder) / "public.pem"
        generate_keys(private, public)
        catalog = Served(free_port(), {"Authorization": f"Bearer {operators_token(private)}"}, public)
        environment = {
            "OZG_INSTALLATION": INSTALLATION,
            "OZG_CATALOG_DATABASE_URL": database_url,
            "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
            "OZG_LOG_FORMAT": "json",
            "OZG_PORT": str(catalog.port),
        }
        ready = f"{catalog.address}/-/health"
        async with bench.program("-m", "catalog", "web", environment=environment, ready=ready):
            yield catalog
