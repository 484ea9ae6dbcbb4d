"""The keys an OIDC issuer publishes: found by discovery, and never more, larger, slower or weaker than is reasonable."""

import ipaddress
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

PublicKey: TypeAlias = RSAKey | ECKey | OKPKey
ALGORITHMS: Final = {
    "RSA": frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    "EC": frozenset({"ES256", "ES384", "ES512"}),
    "OKP": frozenset({"EdDSA", "Ed25519"}),
}
"""By kind of key. Only those with a public and a private half: with others, whoever may check could sign."""
SECONDS: Final = 5.0
LARGEST: Final = 2**18
MOST_KEYS: Final = 50
SHORTEST_RSA: Final = 2048
_KINDS: Final[dict[str, type[PublicKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class KeysUnavailable(Exception):
    """The issuer did not say what its keys are; the sentence says why. Trying again may help."""


class PublishedKey(msgspec.Struct, frozen=True):
    """A key, and with which algorithms it may have signed."""

    key: PublicKey
    algorithms: frozenset[str]


class Discovery(msgspec.Struct):
    """What an issuer says of itself, as far as it concerns us."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


def safe(url: str) -> bool:
    """Keys are believed only from where nobody can put others in between: https, or this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname)))


async def published(issuer: str, seconds: float = SECONDS) -> dict[str | None, PublishedKey]:
    """The issuer's keys by their `kid`. Raises KeysUnavailable."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            found = await discovered(session, issuer)
            if not safe(found.jwks_uri):
                raise KeysUnavailable("its keys are not at an https address")
            keys = usable((await _get(session, found.jwks_uri, _Keys)).keys)
    except TimeoutError as error:
        raise KeysUnavailable(f"no answer within {seconds:g} s") from error
    except (aiohttp.ClientError, OSError, ValueError, msgspec.MsgspecError) as error:
        raise KeysUnavailable(f"{type(error).__name__}: {error}"[:300]) from error
    if not keys:
        raise KeysUnavailable("it publishes no key that can be used")
    return keys


async def discovered(session: aiohttp.ClientSession, issuer: str) -> Discovery:
    """What the issuer says of itself. Raises KeysUnavailable."""
    found: Discovery = await _get(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration", Discovery)
    if found.issuer != issuer:
        raise KeysUnavailable(f"the issuer calls itself {found.issuer!r}, not {issuer!r}")
    return found


async def read(response: aiohttp.ClientResponse) -> bytes:
    """The body, unless it is larger than any that is meant well. Raises KeysUnavailable."""
    body = bytearray()
    async for part in response.content.iter_chunked(2**14):
        body += part
        if len(body) > LARGEST:
            raise KeysUnavailable(f"{response.url} is larger than {LARGEST} bytes")
    return bytes(body)


def usable(given: list[dict[str, Any]]) -> dict[str | None, PublishedKey]:
    """Those that can be used to check signatures. Others are left out: an issuer may publish what we do not know yet."""
    keys: dict[str | None, PublishedKey] = {}
    for one in given[:MOST_KEYS]:
        kind, kid = one.get("kty"), one.get("kid")
        if kind not in _KINDS or one.get("use", "sig") != "sig" or not isinstance(kid, str | None):
            continue
        try:
            key = _KINDS[kind].import_key({name: value for name, value in one.items() if name in _PUBLIC_PARTS})
        except (JoseError, ValueError, TypeError):
            continue
        allowed = ALGORITHMS[kind] & {one["alg"]} if isinstance(one.get("alg"), str) else ALGORITHMS[kind]
        if allowed and _strong(key):
            keys[kid] = PublishedKey(key, allowed)
    return keys


_PUBLIC_PARTS: Final = frozenset({"kty", "n", "e", "crv", "x", "y"})


def _strong(key: PublicKey) -> bool:
    if isinstance(key, RSAKey):
        return key.public_key.key_size >= SHORTEST_RSA
    return key.curve_name in {"P-256", "P-384", "P-521", "Ed25519"}


async def _get(session: aiohttp.ClientSession, url: str, kind: type[Any]) -> Any:
    async with session.get(url, allow_redirects=False, headers={"accept": "application/json"}) as response:
        if response.status != 200:
            raise KeysUnavailable(f"{url} answered {response.status}")
        return msgspec.json.decode(await read(response), type=kind)


def _loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
