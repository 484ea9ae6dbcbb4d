"""The process for sheets beside a catalog that is stopped or killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from edge.correlation import uuid7
from edge.tokens import generate_keys, issue, load_private_key
from embedded.nats import free_port
from tests.catalog.apart.large import CSV, GOOD, SHEET, head_held, is_gone, large, processes_for_sheets, somebody_waits


class Served:
    """`python -m catalog web`, in a session of its own, so that it can be signalled as a terminal or systemd does."""

    def __init__(self, process: asyncio.subprocess.Process, session: aiohttp.ClientSession) -> None:
        self.process = process
        self._session = session

    async def upload(self) -> tuple[int, str]:
        """Of a large sheet."""
        async with self._session.post(f"/api/catalog/v1{SHEET}", data=large(*GOOD), headers=CSV) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def served(catalog_database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with _serving(catalog_database, tmp_path) as running:
        yield running


@asynccontextmanager
async def _serving(database: str, folder: Path) -> AsyncIterator[Served]:
    private, public = folder / "private.pem", folder / "public.pem"
    generate_keys(private, public)
    port = free_port()
    environment = {
        **os.environ,
        "OZG_CATALOG_DATABASE_URL": database,
        "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
        "OZG_PORT": str(port),
        "OZG_LOG_FORMAT": "json",
    }
    token = issue(
        load_private_key(private),
        issuer="localhost",
        authority=None,
        role="operator",
        lifetime=timedelta(hours=1),
        now=datetime.now(UTC),
        id=uuid7(),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "catalog", "web", env=environment, start_new_session=True
    )
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}
    ) as session:
        try:
            await _answers(session)
            yield Served(process, session)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _answers(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get("/-/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


async def test_a_sheet_in_hand_is_finished_when_all_are_asked_to_stop(served: Served, catalog_database: str) -> None:
    async with head_held(catalog_database) as holding:
        sheet = asyncio.create_task(served.upload())
        await somebody_waits(holding)
        (pid,) = processes_for_sheets(served.process.pid)
        os.killpg(served.process.pid, signal.SIGTERM)
        await asyncio.sleep(0.2)
    status, text = await sheet
    assert status == 200, text
    assert await served.process.wait() == 0
    await is_gone(pid)


async def test_it_ends_with_its_catalog_and_leaves_nothing(served: Served, catalog_database: str) -> None:
    async with head_held(catalog_database) as holding:
        before = await holding.fetchval("SELECT position FROM heads")
        sheet = asyncio.create_task(served.upload())
        await somebody_waits(holding)
        (pid,) = processes_for_sheets(served.process.pid)
        served.process.kill()
        with pytest.raises(aiohttp.ClientError):
            await sheet
        await is_gone(pid)
    connection = await asyncpg.connect(catalog_database)
    assert await connection.fetchval("SELECT position FROM heads") == before
    assert await connection.fetchval("SELECT count(*) FROM ahead") == 0
    await connection.close()
