"""Where a webhook may go: public addresses over TLS. Whoever subscribes must not make us knock on doors inside a network.

The check at subscription time is a courtesy; the one in `connecting.py`, on the very address that is connected to, counts.
"""

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import ClassVar, Final, NamedTuple

from yarl import URL

from events.contracts.refusals import Refusal, RefusalKind

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST: Final = 2000
HTTPS: Final = 443
FIRST_UNPRIVILEGED: Final = 1024
OTHER_SERVICES: Final = frozenset(
    {1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 4222, 5060, 5061, 5432}
    | {
        5672,
        5900,
        6000,
        6222,
        6379,
        6443,
        6566,
        6665,
        6666,
        6667,
        6668,
        6669,
        6679,
        6697,
        8222,
        9042,
        9200,
        9300,
        10080,
    }
    | {10250, 11211, 27017}
)
"""Ports on which something else than a web server listens: databases, brokers, mail, cluster control. Below 1024 only 443."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")


class AddressRefused(Refusal):
    """This address cannot be a webhook's."""

    slug: ClassVar[str] = "webhook-address-refused"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, en: str, de: str) -> None:
        super().__init__(en, de, field="channel.url")


class Policy(NamedTuple):
    """What this installation allows beyond the public internet; `loopback` (and plain http to it) is for trying things out."""

    loopback: bool = False
    networks: tuple[Network, ...] = ()

    def permits(self, text: str) -> bool:
        """Whether a connection to this address may be made."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:  # a scoped address, or none at all
            return False
        return all(self._permits(one) for one in (address, *embedded(address)))

    def _permits(self, address: Address) -> bool:
        if self.loopback and address.is_loopback:
            return True
        if any(address.version == network.version and address in network for network in self.networks):
            return True
        if isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64):
            return True  # what is embedded in it decides
        special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
        site_local = isinstance(address, IPv6Address) and (address.is_site_local or address.scope_id is not None)
        return address.is_global and not special and not site_local


def embedded(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that a packet to this IPv6 address may end at: mapped, 6to4, Teredo, NAT64."""
    if not isinstance(address, IPv6Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


@lru_cache(maxsize=20_000)  # more than there are municipalities: one opening calls them all, in turn
def check(text: str, policy: Policy) -> URL:
    """The address as it will be called. Raises AddressRefused."""
    url = _parsed(text)
    host = url.host
    if host is None or url.scheme not in ("https", "http"):
        raise AddressRefused(
            f"{text[:80]!r} is no address for a webhook. Expected https://host/path.",
            f"{text[:80]!r} ist keine Adresse für einen Webhook. Erwartet wird https://host/pfad.",
        )
    if url.user is not None or url.password is not None:
        raise AddressRefused(
            "The address contains a user name or password. Leave them out: requests are signed.",
            "Die Adresse enthält Benutzername oder Passwort. Bitte weglassen: Anfragen sind signiert.",
        )
    if url.scheme == "http" and not (policy.loopback and _is_loopback(host)):
        raise AddressRefused(
            "Webhooks are sent over TLS only. Use https://.",
            "Webhooks gehen nur verschlüsselt. Bitte https:// angeben.",
        )
    _check_port(url, policy)
    if is_literal(host) and not policy.permits(host):
        raise not_public(host)
    return url


def not_public(host: str) -> AddressRefused:
    """The name or number leads into a network that is not public."""
    return AddressRefused(
        f"{host} is not a public address. An operator can allow a network with OZG_WEBHOOK_ALLOW_NETWORKS.",
        f"{host} ist keine öffentliche Adresse. Ein Netz freigeben kann der Betreiber (OZG_WEBHOOK_ALLOW_NETWORKS).",
    )


def endpoint(url: URL, owner: str) -> str:
    """What bounds and pauses are counted by: host and port, and whose. Nobody's broken receiver slows down a neighbour's."""
    return f"{url.host}:{url.port} {owner}"


def _parsed(text: str) -> URL:
    try:
        url = URL(text)
        port = url.explicit_port
    except ValueError:
        url, port = URL(), None
    if len(text) > LONGEST or not text.isprintable() or " " in text or url.fragment or port == 0:
        raise AddressRefused(
            f"The address is not a plain URL of at most {LONGEST} characters without spaces and #fragment.",
            f"Die Adresse ist keine einfache URL von höchstens {LONGEST} Zeichen ohne Leerzeichen und #Fragment.",
        )
    return url


def _check_port(url: URL, policy: Policy) -> None:
    port = url.port or HTTPS
    if url.scheme == "http" and policy.loopback:
        return
    if port != HTTPS and (port < FIRST_UNPRIVILEGED or port in OTHER_SERVICES):
        raise AddressRefused(
            f"Port {port} is not used for webhooks. Use 443, or a port from 1024 that no other well-known service uses.",
            f"Port {port} ist für Webhooks gesperrt. Bitte 443 oder ein Port ab 1024, den kein anderer bekannter Dienst nutzt.",
        )


def is_literal(host: str) -> bool:
    """An address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (is_literal(host) and ipaddress.ip_address(host).is_loopback)
