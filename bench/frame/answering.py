"""The other side of `Program.ask`: a program that answers each line of JSON with a line of JSON."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

LINE = 1 << 24


async def answer(handle: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]) -> None:
    """Until nobody asks any more. What goes wrong is an answer with `error`."""
    reader = asyncio.StreamReader(limit=LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            answered = await handle(msgspec.json.decode(line))
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answered = {"error": repr(error)}
        sys.stdout.buffer.write(msgspec.json.encode(answered) + b"\n")
        sys.stdout.buffer.flush()
