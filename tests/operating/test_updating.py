"""An update in the middle of everything: the version before and this one side by side, on the same databases."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from tests.harness.installation import ROOT
from tests.harness.nats import NatsServer
from tests.harness.postgres import Databases, PostgresServer
from tests.journeys.installation import SERVICES, Installation, eventually
from tests.journeys.load import Cell, Load, cells_of

BEFORE = os.environ.get("OZG_TESTS_UPDATE_FROM", "HEAD~1")
"""Which commit is the version before."""
PACKAGES = ("libs/events", "libs/edge", "services/catalog", "services/progress", "services/notifier")


@pytest.mark.parametrize("service", SERVICES)
async def test_several_that_migrate_at_the_same_time_do_it_once(service: str, make_database: Databases) -> None:
    environment = {**os.environ, f"OZG_{service.upper()}_DATABASE_URL": make_database()}
    command = [sys.executable, "-m", service, "migrate"]
    started = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(3)]
    assert [await process.wait() for process in started] == [0, 0, 0]


@pytest.fixture
def before(tmp_path: Path) -> str:
    """Where Python finds the packages of the version before."""
    folder = tmp_path / "before"
    folder.mkdir()
    archive = subprocess.run(["git", "archive", BEFORE, *PACKAGES], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode != 0:
        pytest.skip(f"there is no history here: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    path = os.pathsep.join(str(folder / package) for package in PACKAGES)
    found = subprocess.run(
        [sys.executable, "-c", "import catalog; print(catalog.__file__)"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(folder)), "the version before is not what would run"
    return path


class Versions(NamedTuple):
    """Two sets of processes with the same keys and databases."""

    old: Installation
    new: Installation


@pytest.fixture
def versions(
    own_postgres: PostgresServer, own_nats: NatsServer, tmp_path: Path, before: str, monkeypatch: pytest.MonkeyPatch
) -> Versions:
    new = Installation(own_postgres, own_nats, tmp_path)
    monkeypatch.setenv("PYTHONPATH", before)  # a process gets the environment of the moment when it was described
    return Versions(Installation(own_postgres, own_nats, tmp_path), new)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_old_and_new_work_side_by_side_and_nothing_is_lost(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = versions
    new.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=40))
    try:
        await old.start()
        operator = await old.token("operator")
        monkeypatch.undo()
        cells = await cells_of(old, "DE-SN")
        with_old, with_new, alone = (Load(through, cells, operator) for through in (old, new, new))
        async with with_old.writing(3):
            await with_old.more(30)
            for name in SERVICES:
                new.services[name].start()
                await new.ready(name)
            async with with_new.writing(3):
                await asyncio.gather(with_old.more(30), with_new.more(30))
        for service in old.services.values():
            service.stop()
        async with alone.writing(1):
            await alone.more(10)
        await _everything_is_there(new, with_old.acknowledged | with_new.acknowledged | alone.acknowledged)
    finally:
        for installation in versions:
            await installation.stop()


async def _everything_is_there(installation: Installation, acknowledged: dict[Cell, int]) -> None:
    feed = await installation.feed()
    assert [int(event["sequence"]) for event in feed] == list(range(1, len(feed) + 1))
    recorded = Counter(event["subject"] for event in feed if event["type"] == "ozg.catalog.status-recorded.v1")
    assert recorded == Counter(cell.subject for cell in acknowledged)
    figures = await installation.get("progress", "/regions/DE-SN", at_least=len(feed))
    assert figures["online"]["numerator"] == len(acknowledged)
    assert "what a recount makes" in await installation.command("progress", "verify")

    async def agrees() -> bool:
        said = await installation.command("catalog", "stream", "show")
        return "agree     yes" in said and said.count(str(len(feed))) >= 2

    await eventually(agrees, lambda: installation.services["catalog"].last_words)
