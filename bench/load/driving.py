"""Driving a server: as fast as so many connections are answered, or at a fixed rate."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator

from bench.load.connection import Connection
from bench.load.job import Job, Report, report

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds that are waited for the last answers."""


class Drive:
    """One job, running."""

    def __init__(self, job: Job, requests: Iterator[bytes]) -> None:
        self._job = job
        self._requests = requests
        self._counts: dict[int, int] = {}
        self._took: list[float] = []
        self._unlike: bytes | None = None
        self._begun = 0
        self._ended = asyncio.Event()
        self._free: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._deadline = 0.0

    async def run(self) -> Report:
        """Until the last answer."""
        loop = asyncio.get_running_loop()
        for _ in range(self._job.connections):
            _, connection = await loop.create_connection(lambda: Connection(self._answered), HOST, self._job.port)
            self._free.append(connection)
        began = time.perf_counter()
        self._deadline = began + self._job.seconds
        try:
            async with asyncio.timeout(self._job.seconds + PATIENCE):
                if self._job.rate is None:
                    self._all_at_once(began)
                else:
                    await self._at_rate(began, self._job.rate)
                await self._ended.wait()
        finally:
            for connection in self._free:
                connection.close()
        return report(self._counts, self._took, time.perf_counter() - began, self._unlike)

    def _all_at_once(self, now: float) -> None:
        while self._free and self._wanted(now):
            self._send(self._free.popleft(), now)

    async def _at_rate(self, began: float, rate: float) -> None:
        """A request that finds no free connection waits, and its waiting counts."""
        number = 0
        while (due := began + number / rate) < self._deadline and number < self._job.requests:
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            number += 1
            self._due.append(due)
            self._send_due()
        self._deadline = 0.0
        self._end_if_done()

    def _send_due(self) -> None:
        while self._due and self._free:
            self._send(self._free.popleft(), self._due.popleft())

    def _wanted(self, now: float) -> bool:
        return now < self._deadline and self._begun < self._job.requests

    def _send(self, connection: Connection, began: float) -> None:
        self._begun += 1
        connection.send(next(self._requests), began)

    def _answered(self, connection: Connection, status: int, answer: bytes) -> None:
        now = time.perf_counter()
        self._took.append(now - connection.began)
        self._counts[status] = self._counts.get(status, 0) + 1
        if self._unlike is None and not (200 <= status < 300 or status == 304):
            self._unlike = answer
        if connection.is_open and self._job.rate is None and self._wanted(now):
            self._send(connection, now)
            return
        if connection.is_open:
            self._free.append(connection)
        self._send_due()
        self._end_if_done()

    def _end_if_done(self) -> None:
        """Nothing is under way, nothing is due, and nothing will be."""
        over = self._deadline == 0.0 or self._job.rate is None
        if over and not self._due and len(self._took) == self._begun:
            self._ended.set()
