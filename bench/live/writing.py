"""Writes statuses at a fixed rate: `{"port": …, "rate": 300, "seconds": 5}` is answered with when each 2xx came and its position.

python -m bench.live.writing postgresql://…catalog /api/catalog/v1 TOKEN
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from bench.frame.answering import answer
from bench.load.connection import Connection
from bench.load.scenarios import statuses
from edge import serving

CONNECTIONS: Final = 32
PATIENCE: Final = 30.0


class Writing:
    """One stretch of writes. A write that finds no free connection waits; the delay is counted from its answer all the same."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.answers: list[tuple[float, bytes]] = []
        self._requests = requests
        self._free: deque[Connection] = deque()
        self._due = 0
        self._moved = asyncio.Event()

    async def run(self, port: int, rate: float, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, connection = await loop.create_connection(lambda: Connection(self._answered), "127.0.0.1", port)
            self._free.append(connection)
        began, count = time.monotonic(), int(rate * seconds)
        for number in range(count):
            if (early := began + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(early)
            self._due += 1
            self._send()
        async with asyncio.timeout(PATIENCE):
            while len(self.answers) < count:
                self._moved.clear()
                await self._moved.wait()
        for connection in self._free:
            connection.close()

    def _send(self) -> None:
        while self._due and self._free:
            self._due -= 1
            self._free.popleft().send(next(self._requests), 0.0)

    def _answered(self, connection: Connection, status: int, said: bytes) -> None:
        if status not in (200, 201):
            raise AssertionError(said.decode(errors="replace"))
        self.answers.append((time.monotonic(), said))
        self._free.append(connection)
        self._moved.set()
        self._send()


class _Answer(msgspec.Struct):
    position: int


async def main(database_url: str, prefix: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    requests = await statuses(database_url, prefix, headers)

    async def handle(question: Mapping[str, Any]) -> Mapping[str, Any]:
        writing = Writing(requests)
        await writing.run(**question)
        body = msgspec.json.Decoder(_Answer)
        return {
            "answers": [(when, body.decode(said.partition(b"\r\n\r\n")[2]).position) for when, said in writing.answers]
        }

    await answer(handle)


if __name__ == "__main__":
    serving.run(main(*sys.argv[1:]))
