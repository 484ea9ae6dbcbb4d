"""`python -m bench.hooks.receiver`: takes POSTs on loopback and answers 204, with as little work as HTTP/1.1 allows.

Prints its port. `GET /` answers how many came, how many different ones by `webhook-id`, and when the last came on the machine's monotonic
clock, which all processes share; `DELETE /` forgets them.
"""

import asyncio
import time
from typing import Final, cast

import msgspec
import uvloop

TAKEN: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
LENGTH: Final = b"\r\ncontent-length: "
NAME: Final = b"\r\nwebhook-id: "


class Came(msgspec.Struct):
    """What came so far."""

    count: int = 0
    different: int = 0
    last: float = 0.0


class Taking(asyncio.Protocol):
    """One connection: requests one after the other, each with a Content-Length."""

    def __init__(self, names: set[bytes], came: Came) -> None:
        self._names = names
        self._came = came
        self._waiting = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        data = self._waiting + data if self._waiting else data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[: end + 2].lower()
            size = int(_value(head, LENGTH) or b"0")
            if len(data) < end + 4 + size:
                break
            data = data[end + 4 + size :]
            self._transport.write(self._answer(head))
        self._waiting = data

    def _answer(self, head: bytes) -> bytes:
        if head.startswith(b"post"):
            self._came.count += 1
            self._came.last = time.monotonic()
            self._names.add(_value(head, NAME))
            return TAKEN
        if head.startswith(b"delete"):
            self._names.clear()
            self._came.count, self._came.last = 0, 0.0
            return TAKEN
        self._came.different = len(self._names)
        body = msgspec.json.encode(self._came)
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def _value(head: bytes, name: bytes) -> bytes:
    start = head.find(name)
    if start < 0:
        return b""
    start += len(name)
    return head[start : head.find(b"\r\n", start)]


async def main() -> None:
    names: set[bytes] = set()
    came = Came()
    server = await asyncio.get_running_loop().create_server(lambda: Taking(names, came), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
