"""Several processes append side by side, one by one and hundreds at once, and are killed whenever it hits them."""

import asyncio
import contextlib
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.events.log import toy
from tests.events.log.appending import MANY
from tests.events.log.test_readers_skip_nothing import Oracle
from tests.harness.postgres import Databases

KINDS = ("single", "single", "bulk", "bulk")
LIVES = 2
"""So often each is started and killed."""


class Program:
    """One process and what it was told was kept."""

    def __init__(self, url: str, name: str, kind: str) -> None:
        self.kind = kind
        self.acknowledged: list[str] = []
        self.first = asyncio.Event()
        self._command = ("-m", "tests.events.log.appending", url, name, kind)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *self._command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        reading = asyncio.gather(self._read(process.stdout), process.stderr.read())
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()
            _, said = await reading
        assert process.returncode == -signal.SIGKILL, said.decode()

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            if line.endswith(b"\n"):  # half a line is what it was killed in
                self.acknowledged.append(line.decode().strip())
                self.first.set()


@pytest.fixture
async def url(make_database: Databases) -> str:
    """A log that can be written ahead of."""
    return await make_database.prepared("toy-log-ahead", toy.prepare_ahead)


async def test_nothing_acknowledged_is_lost_and_a_bulk_is_there_whole_or_not_at_all(
    url: str, database: AsyncEngine
) -> None:
    oracle = Oracle(database)
    dice = random.Random(20261122)
    programs = [
        [Program(url, f"{kind}{number}.{life}", kind) for life in range(LIVES)] for number, kind in enumerate(KINDS)
    ]
    async with oracle.reading():
        await asyncio.gather(*(_live_and_die(lives, dice) for lives in programs))
    connection = await asyncpg.connect(url)
    log = await connection.fetch("SELECT position, document FROM events ORDER BY position")
    streams = await connection.fetch("SELECT stream, array_agg(version ORDER BY position) FROM events GROUP BY 1")
    tallies = await connection.fetch("SELECT 'tally/' || id, version FROM tallies")
    left = await connection.fetchval("SELECT count(*) FROM ahead")
    head = await connection.fetchval("SELECT position FROM heads")
    await connection.close()

    assert [one["position"] for one in log] == list(range(1, len(log) + 1)) == oracle.seen
    assert (left, head) == (0, len(log))
    assert all(versions == list(range(1, len(versions) + 1)) for _, versions in streams)
    assert dict(map(tuple, tallies)) == {stream: len(versions) for stream, versions in streams}
    kept = Counter(str(msgspec.json.decode(one["document"])["data"]["state"]["online_url"]) for one in log)
    for program in (one for lives in programs for one in lives):
        times = MANY if program.kind == "bulk" else 1
        assert [text for text in program.acknowledged if kept[text] != times] == []
    assert {times for text, times in kept.items() if text.startswith("bulk")} == {MANY}
    assert {times for text, times in kept.items() if text.startswith("single")} == {1}
    assert len({text.partition(".")[0] for text in kept}) == len(KINDS)


async def _live_and_die(lives: list[Program], dice: random.Random) -> None:
    for program in lives:
        async with program.running():
            await asyncio.wait_for(program.first.wait(), 60)
            await asyncio.sleep(dice.uniform(0.1, 0.6))
