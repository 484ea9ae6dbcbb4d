"""The guard at connect time: resolve once, require every address to be permitted, connect to one of exactly those.

A name that answers differently the second time gains nothing, because there is no second time; and the socket itself is only
made for a permitted address, whichever way it came about.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from notifier.channels.webhook.addresses import Policy, is_literal

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name, as texts."""
P = TypeVar("P", bound=asyncio.Protocol)

RESOLVERS: Final = 32
"""Threads that wait for name servers; a name that never answers holds one of them and nothing else."""

_threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")


class NotPermitted(OSError):
    """A name leads, or has come to lead, where no webhook may go."""


class Origin(NamedTuple):
    """Where connections lead; whoever shares it may share them."""

    tls: bool
    host: str
    port: int


async def system_lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def trusting() -> ssl.SSLContext:
    """The system's certificates."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connecting:
    """Connections to permitted addresses only. How many there are at a time is bounded by whoever delivers."""

    def __init__(self, policy: Policy, lookup: Lookup, tls: ssl.SSLContext, seconds: float) -> None:
        """`seconds` is how long name server, connection and TLS may take together."""
        self._policy = policy
        self._lookup = lookup
        self._tls = tls
        self._seconds = seconds

    async def connected(self, origin: Origin, protocol: Callable[[], P]) -> P:
        """To the first address that answers; each gets its part of the time. Raises NotPermitted, OSError."""
        async with asyncio.timeout(self._seconds):
            addresses = await self._addresses(origin)
            for left in range(len(addresses), 1, -1):
                try:
                    async with asyncio.timeout(self._seconds / (left + 1)):
                        return await self._connected_to(addresses[-left], origin, protocol)
                except ssl.SSLError:
                    raise
                except OSError:  # a time limit of its own among it: there is another address
                    continue
            return await self._connected_to(addresses[-1], origin, protocol)

    async def _addresses(self, origin: Origin) -> list[str]:
        """Refuses a name as a whole if any of its addresses is not permitted."""
        if is_literal(origin.host):
            return [origin.host]
        addresses = await self._lookup(origin.host, origin.port)
        if not addresses:
            raise OSError(f"{origin.host} has no address")
        if not all(self._policy.permits(address) for address in addresses):
            raise NotPermitted(f"{origin.host} leads to an address that is not public")
        return addresses

    async def _connected_to(self, address: str, origin: Origin, protocol: Callable[[], P]) -> P:
        loop = asyncio.get_running_loop()
        guarded = self._socket(address)
        try:
            guarded.setblocking(False)
            await loop.sock_connect(guarded, (address, origin.port))
            _, made = await loop.create_connection(
                protocol,
                sock=guarded,
                ssl=self._tls if origin.tls else None,
                server_hostname=origin.host if origin.tls else None,
            )
        except BaseException:
            guarded.close()
            raise
        return made

    def _socket(self, address: str) -> socket.socket:
        """Only for a permitted address. The protocol is named, so that small requests leave at once."""
        if not self._policy.permits(address):
            raise NotPermitted(f"{address} is not a public address")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
