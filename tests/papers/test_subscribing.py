"""Every example of docs/subscribing.md runs as it stands, against a running installation."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from embedded.nats import free_port
from tests.harness.nats import NatsServer
from tests.harness.postgres import PostgresServer
from tests.journeys.installation import Installation, eventually

PAPER = Path(__file__).parents[2] / "docs" / "subscribing.md"
LEIPZIG = "147130000000"
CHEMNITZ = "145110000000"


def examples() -> dict[str, str]:
    """The Python blocks of the paper, by the name in their first line."""
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", PAPER.read_text(), re.DOTALL)
    return dict(blocks)


@pytest.fixture
async def installation(
    own_postgres: PostgresServer, own_nats: NatsServer, tmp_path: Path
) -> AsyncIterator[Installation]:
    made = Installation(own_postgres, own_nats, tmp_path)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


class Example:
    """One example as a process of its own."""

    def __init__(self, name: str, installation: Installation, **more: str) -> None:
        self._code = examples()[name]
        catalog = installation.services["catalog"].url.removesuffix("/api/catalog/v1")
        self._environment = {**os.environ, "OZG_URL": catalog, "OZG_NATS_URL": installation.nats.url, **more}
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            self._code,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def finish(self) -> str:
        said, complained = await asyncio.wait_for(self._process.communicate(), 60)
        assert self._process.returncode == 0, complained.decode()
        return said.decode()

    async def run(self) -> str:
        await self.start()
        return await self.finish()


@pytest.mark.timeout(240)
async def test_every_example_runs(installation: Installation) -> None:
    operator = await installation.token("operator")
    head = (await _publish(installation, operator))["position"]
    assert f"{head} ozg.catalog.solution-became-available.v1" in await Example("feed.py", installation).run()
    assert "42 ozg.catalog." in await Example("sse.py", installation).run()
    assert "ars:14" in await Example("nats_py.py", installation).run()
    assert "solution:" in await Example("faststream_app.py", installation).run()
    await _try_the_webhook(installation, "webhook.py")
    await _try_the_webhook(installation, "webhook_ed25519.py", signature="ed25519")


def test_all_examples_are_tried() -> None:
    assert set(examples()) == {
        "feed.py",
        "sse.py",
        "webhook.py",
        "webhook_ed25519.py",
        "nats_py.py",
        "faststream_app.py",
    }


async def _publish(installation: Installation, operator: dict[str, str]) -> dict[str, int]:
    body = {"name": "Postausgang", "kind": "saas", "services": ["basis:postausgang"], "publisher": f"ars:{LEIPZIG}"}
    await installation.call("PUT", "catalog", "/solutions/postausgang", headers=operator, json=body)
    path = "/solutions/postausgang/availability/DE-SN"
    status, answer = await installation.call("PUT", "catalog", path, headers=operator, json={"from": "2026-11-01"})
    assert status in (200, 201), answer
    return dict(answer)


async def _try_the_webhook(installation: Installation, name: str, **more: str) -> None:
    port = free_port()
    editor = await installation.token("editor", CHEMNITZ)
    body = {"channel": {"kind": "webhook", "url": f"http://127.0.0.1:{port}/"}, "municipality": CHEMNITZ} | more
    status, opened = await installation.call("POST", "notifier", "/subscriptions", headers=editor, json=body)
    assert status == 201, opened
    keys = {"WEBHOOK_SECRET": opened["secret"] or "", "WEBHOOK_PUBLIC_KEY": opened["public_key"] or ""}
    example = Example(name, installation, WEBHOOK_PORT=str(port), **keys)
    await example.start()

    async def delivered() -> bool:
        path = f"/subscriptions/{opened['id']}/test"
        status, answer = await installation.call("POST", "notifier", path, headers=editor)
        return status == 200 and answer.get("status") == 204

    await eventually(delivered)
    assert "ozg.notifier." in await example.finish()
