"""Sheets that are large enough for a process of their own, that process, and the head held so that they cannot be finished."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from catalog.apart.sheets import LARGE

SHEET = "/municipalities/147130000000/statuses"
CSV = {"content-type": "text/csv"}
GOOD = (
    "99115005060000,live,2025-03-01,https://leipzig.de/umzug,Bürgerbüro",
    "99102002000000,planned,2026-06-01,,",
    "basis:postausgang,planned,2026-01-01,,",
)
BAD = ("99018001001000,live,2026-11-01,,", "99115005060000,läuft,2026-11-01,,")
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def large(*rows: str) -> bytes:
    """The rows, with a title that nobody reads and that makes them many bytes."""
    header = "service,phase,effective_on,online_url,note,title"
    filler = "x" * (LARGE // len(rows))
    return "\n".join([header, *(f"{row},{filler}" for row in rows)]).encode()


def processes_for_sheets(parent: int | None = None) -> list[int]:
    """Those of that process, or of this one."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended
            if b"catalog.apart" in words and above == (parent or os.getpid()):
                found.append(int(folder.name))
    return found


@asynccontextmanager
async def head_held(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody can append."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT position FROM heads FOR UPDATE")
            yield connection
    finally:
        await connection.close()


async def somebody_waits(connection: asyncpg.Connection) -> None:
    """Until somebody waits for the head."""
    async with asyncio.timeout(30):
        while not await connection.fetchval(_WAITING):  # noqa: ASYNC110  only the database knows
            await asyncio.sleep(0.02)


async def is_gone(pid: int) -> None:
    """Until there is no such process."""
    async with asyncio.timeout(10):
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240  only the kernel knows
            await asyncio.sleep(0.02)
