"""The guard at connect time: resolve once, require every address to be permitted, connect to one of exactly those.

A name that answers differently the second time gains nothing, because there is no second time; and the socket itself is only
made for a permitted address, whichever way it came about.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.channels.webhook.addresses import Policy

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name, as texts."""

RESOLVERS: Final = 32
"""Threads that wait for name servers; a name that never answers holds one of them and nothing else."""

_threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")


class NotPermitted(OSError):
    """A name leads, or has come to lead, where no webhook may go."""


async def system_lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class GuardedResolver(AbstractResolver):
    """Refuses a name as a whole if any of its addresses is not permitted."""

    def __init__(self, policy: Policy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises NotPermitted, OSError."""
        addresses = await self._lookup(host, port)
        if not addresses:
            raise OSError(f"{host} has no address")
        refused = [address for address in addresses if not self._policy.permits(address)]
        if refused:
            raise NotPermitted(f"{host} leads to an address that is not public")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def connector(
    policy: Policy, lookup: Lookup = system_lookup, tls: ssl.SSLContext | None = None
) -> aiohttp.TCPConnector:
    """Connections for deliveries; how many there are at a time is bounded by whoever delivers."""

    def guarded_socket(info: Any) -> socket.socket:
        family, kind, proto, _, where = info
        if not policy.permits(str(where[0])):
            raise NotPermitted(f"{where[0]} is not a public address")
        return socket.socket(family=family, type=kind, proto=proto)

    return aiohttp.TCPConnector(
        resolver=GuardedResolver(policy, lookup),
        socket_factory=guarded_socket,
        use_dns_cache=False,
        limit=0,
        keepalive_timeout=20,
        ssl=tls if tls is not None else True,
    )
