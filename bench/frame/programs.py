"""Programs that take part, each a process of its own: servers, and contestants that answer a line of JSON with a line of JSON."""

import asyncio
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
LINE = 1 << 24


class ProgramFailed(Exception):
    """It ended, or said that something went wrong; with its last words."""


class Program:
    """A running program. Its errors go to a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def last_words(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]

    @property
    def memory(self) -> int:
        """Bytes resident now."""
        return self._status("VmRSS")

    @property
    def peak_memory(self) -> int:
        """Bytes resident at most so far."""
        return self._status("VmHWM")

    async def ask(self, question: Mapping[str, Any], within_seconds: float = 120) -> dict[str, Any]:
        """One line there, one line back. An answer with `error` is raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        await self._process.stdin.drain()
        line = await asyncio.wait_for(self._process.stdout.readline(), within_seconds)
        if not line:
            raise ProgramFailed(self.last_words)
        answer: dict[str, Any] = msgspec.json.decode(line)
        if "error" in answer:
            raise ProgramFailed(answer["error"])
        return answer

    async def answers(self, url: str, within_seconds: float = 60) -> None:
        """Until that address answers 2xx."""
        deadline = time.monotonic() + within_seconds
        while not await asyncio.to_thread(_is_there, url):
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise ProgramFailed(self.last_words)
            await asyncio.sleep(0.05)

    async def listens(self, port: int, within_seconds: float = 60) -> None:
        """Until somebody listens there."""
        deadline = time.monotonic() + within_seconds
        while not _is_open(port):
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise ProgramFailed(self.last_words)
            await asyncio.sleep(0.05)

    async def stop(self, within_seconds: float = 15) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), within_seconds)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


async def start(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Program:
    """With pipes for questions and answers. A command that begins with `-m` is run by this Python."""
    words = [sys.executable, *command] if command[0] == "-m" else list(command)
    with log.open("ab") as complaints:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            limit=LINE,
        )
    return Program(process, log)


def _is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False
