"""The floor: atomic batches whose every byte was made ready before, written to a bare socket, two of them under way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from events.bus.outbox import Entry
from events.bus.streams import BATCH_LIMIT
from events.contracts.envelope import CONTENT_TYPE

UNDER_WAY = 2
_CONNECT = b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\nSUB _BENCH.* 1\r\n'


def batches(entries: Sequence[Entry]) -> list[bytes]:
    """What the server is to read: the same subjects, headers and documents as the relay's."""
    return [_batch(entries[start : start + BATCH_LIMIT], start) for start in range(0, len(entries), BATCH_LIMIT)]


def _batch(entries: Sequence[Entry], after: int) -> bytes:
    identity = uuid4().hex
    commands: list[bytes] = []
    for number, (_, topic, document) in enumerate(entries, 1):
        lines = [
            "NATS/1.0",
            f"Content-Type: {CONTENT_TYPE}",
            f"Nats-Batch-Id: {identity}",
            f"Nats-Batch-Sequence: {number}",
        ]
        if number == 1:
            lines.append(f"Nats-Expected-Last-Sequence: {after}")
        if number == len(entries):
            lines.append("Nats-Batch-Commit: 1")
        head = "\r\n".join([*lines, "", ""]).encode()
        reply = " _BENCH.x" if number == len(entries) else ""
        command = f"HPUB {topic}{reply} {len(head)} {len(head) + len(document)}\r\n"
        commands.append(b"%b%b%b\r\n" % (command.encode(), head, document))
    return b"".join(commands)


class Wire:
    """The least of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        writer.write(_CONNECT)

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator[Self]:
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def publish(self, ready: Sequence[bytes]) -> None:
        for number, batch in enumerate(ready):
            self._writer.write(batch)
            await self._writer.drain()
            if number + 1 >= UNDER_WAY:
                await self.acknowledged()
        for _ in range(min(UNDER_WAY - 1, len(ready))):
            await self.acknowledged()

    async def acknowledged(self) -> None:
        while not (line := await self._reader.readline()).startswith(b"MSG"):
            assert line, "the server hung up"
            if line.startswith(b"PING"):
                self._writer.write(b"PONG\r\n")
        said = await self._reader.readexactly(int(line.split()[-1]) + 2)
        assert b'"error"' not in said, said
