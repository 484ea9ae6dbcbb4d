"""`python -m notifier …` as operators use it, in processes of their own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.notifier.listening import Listening
from tests.notifier.telling import CHEMNITZ, OUTBOX, Told, opened, solution


@pytest.fixture
def environment(notifier_database: str) -> dict[str, str]:
    return {
        **os.environ,
        "OZG_NOTIFIER_DATABASE_URL": notifier_database,
        "OZG_INSTALLATION": "test",
        "OZG_LOG_FORMAT": "json",
    }


async def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "notifier", *arguments]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


async def test_deliveries_are_listed_and_sent_again(
    environment: dict[str, str], told: Told, listening: Listening, engine: AsyncEngine
) -> None:
    await listening("https://hooks.example.org/", CHEMNITZ)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    (delivery,) = await listening.deliveries()
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE deliveries SET state = 'given-up'"))
    shown = await run(environment, "deliveries", "--state", "given-up")
    assert str(delivery.id) in shown.stdout, shown.stderr
    assert "hooks.example.org:443" in shown.stdout
    again = await run(environment, "redeliver", str(delivery.id))
    assert (again.returncode, await listening.states()) == (0, ["due"])
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE deliveries SET state = 'given-up'"))
    elsewhere = await run(environment, "redeliver", "--given-up", "--subscription", str(delivery.id))
    assert (elsewhere.stdout, await listening.states()) == ("0 are due now.\n", ["given-up"])
    everything = await run(environment, "redeliver", "--given-up")
    assert (everything.stdout, await listening.states()) == ("1 are due now.\n", ["due"])
    assert (await run(environment, "redeliver")).returncode == 1
    unknown = await run(environment, "redeliver", "00000000-0000-7000-8000-000000000000")
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)


async def test_a_halted_follower_is_shown_and_skipped(
    environment: dict[str, str], told: Told, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            sa.text("""INSERT INTO followers (name, source, position, halted_at, halted_reason)
                       VALUES ('notifier', '//test/catalog', 7, now(), 'cannot be understood')""")
        )
    assert "halted: cannot be understood" in (await run(environment, "followers")).stdout
    elsewhere = await run(environment, "skip", "9", "--reason", "tried")
    assert (elsewhere.returncode, "next event is 8" in elsewhere.stderr) == (1, True)
    assert (await run(environment, "skip", "8", "--reason", "tried")).returncode == 0
    assert "going on" in (await run(environment, "followers")).stdout


async def test_a_wrong_setting_is_named(environment: dict[str, str]) -> None:
    done = await run(environment | {"OZG_WEBHOOK_ALLOW_NETWORKS": "10.0.0.1/8"}, "serve")
    assert done.returncode == 1
    assert "OZG_WEBHOOK_ALLOW_NETWORKS" in done.stderr
