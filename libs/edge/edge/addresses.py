"""Who calls without a token is counted by the address that the call comes from, which nobody keeps.

What is counted is a hash of it, with a key that all processes of a service share, that changes every minute and is then forgotten: from then on nobody
can say whose it was. Where one address is, there are whole offices and families of devices; of IPv6 a household has a /64.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

import structlog
from litestar.types import HTTPScope

from edge.asgi import header
from edge.limiting import STORE_SECONDS, WINDOW_SECONDS, Allowance, Quota

HOUSEHOLD: Final = 64
"""Bits of an IPv6 address that say whose it is; the others change all the time."""
_log = structlog.get_logger("edge.addresses")
Key: TypeAlias = Callable[[int], Awaitable[bytes]]
"""`await key(minute)`: the same for all processes."""


class Addresses:
    """A quota for each address. Calls of our own, from this machine or directly from a trusted proxy, are not counted."""

    def __init__(self, quota: Quota, key: Key, seconds: Callable[[], float], trusted: Sequence[str] = ()) -> None:
        self._quota = quota
        self._key = key
        self._seconds = seconds
        self._everybody = "*" in trusted
        self._trusted = [network for one in trusted for network in _networks(one)]
        self._minute = -1
        self._known: asyncio.Task[bytes] | None = None

    async def ask(self, scope: HTTPScope) -> Allowance | None:
        """Count one call; None if it is not counted."""
        address = self._address(scope)
        if address is None:
            return None
        digest = hashlib.blake2b(address, key=await self._of_this_minute(), digest_size=16)
        return await self._quota.ask(f"~{digest.hexdigest()}")

    def _address(self, scope: HTTPScope) -> bytes | None:
        """Uvicorn has put in the place of a trusted proxy whom that speaks for."""
        client = scope.get("client")
        try:
            found = _plain(client[0]) if client else None
        except ValueError:
            found = None
        if found is None or (not header(scope, b"x-forwarded-for") and self._ours(found)):
            return None
        return found.packed if found.version == 4 else found.packed[: HOUSEHOLD // 8]

    def _ours(self, peer: IPv4Address | IPv6Address) -> bool:
        return self._everybody or peer.is_loopback or any(peer in network for network in self._trusted)

    async def _of_this_minute(self) -> bytes:
        minute = int(self._seconds() // WINDOW_SECONDS)
        if self._known is None or minute != self._minute:
            self._minute, self._known = minute, asyncio.create_task(self._fetched(minute))
        return await asyncio.shield(self._known)

    async def _fetched(self, minute: int) -> bytes:
        """As with calls: when the store is out of reach each process counts alone."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self._key(minute)
        except Exception as error:  # noqa: BLE001 - who may come in does not depend on whether we can count
            _log.warning("quota_uncounted", exc_info=error)
            return os.urandom(16)


def _networks(trusted: str) -> list[IPv4Network | IPv6Network]:
    """One or, for a name, none."""
    try:
        return [ip_network(trusted, strict=False)]
    except ValueError:
        return []


def _plain(host: str) -> IPv4Address | IPv6Address:
    """Raises ValueError for what is no address, as with a socket in the file system."""
    found = ip_address(host.partition("%")[0])
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
