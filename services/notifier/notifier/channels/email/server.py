"""Where mail is handed in, as an operator writes it: `smtps://user:password@mail.example.org`."""

import ipaddress
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

Security = Literal["tls", "starttls", "none"]

_SCHEMES: Final[dict[str, tuple[Security, int]]] = {
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
    "smtp": ("none", 25),
}


class Server(NamedTuple):
    """The mail server that takes our mails and sends them on."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = None


def server(url: str) -> Server:
    """Raises ValueError with a sentence that repeats no password."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port is no number up to 65535") from None
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            "expected smtps://user:password@host, smtp+starttls://user:password@host:587 or smtp://host:25"
        )
    security, usual = _SCHEMES[parts.scheme]
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) != (password is None):
        raise ValueError("user and password belong together")
    if user is not None and security == "none" and not _is_loopback(parts.hostname):
        raise ValueError("a password is not sent unencrypted; use smtps:// or smtp+starttls://")
    return Server(parts.hostname, port or usual, security, user, password)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
