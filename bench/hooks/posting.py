"""`python -m bench.hooks.posting FILE AT_ONCE`: a bare aiohttp loop that posts what is in the file and prints when it began.

The floor of delivering: bodies and signatures are ready, nothing is claimed, checked or written down.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import msgspec
import uvloop


class Post(msgspec.Struct, frozen=True):
    """One request, complete."""

    url: str
    headers: dict[str, str]
    body: bytes


async def main(posts: list[Post], at_once: int) -> None:
    waiting = iter(posts)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        began = time.monotonic()
        await asyncio.gather(*(_post(session, waiting) for _ in range(at_once)))
    print(began)


async def _post(session: aiohttp.ClientSession, waiting: Iterator[Post]) -> None:
    for one in waiting:
        async with session.post(one.url, data=one.body, headers=one.headers) as response:
            await response.read()
            assert response.status == 204, response.status


if __name__ == "__main__":
    ready = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=list[Post])
    uvloop.run(main(ready, int(sys.argv[2])))
