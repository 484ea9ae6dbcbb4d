"""Signing in at the OIDC issuer: authorization code with PKCE. What comes of it is an access token like any other of the issuer's."""

import hashlib
import secrets
from base64 import b64encode, urlsafe_b64encode
from typing import Final, NamedTuple
from urllib.parse import quote_plus, urlencode

import aiohttp
import msgspec

from edge.jwks import KeysUnavailable, discovered, read, safe

SECONDS: Final = 10.0


class NotSignedIn(Exception):
    """The issuer did not give a token; the sentence says why."""


class Client(msgspec.Struct, frozen=True):
    """As what this installation is known to the issuer; without a secret, as a public client."""

    issuer: str
    id: str
    secret: str | None
    scope: str


class Way(NamedTuple):
    """One person's way to the issuer and back: only who began it can end it."""

    state: str
    verifier: str

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class _Tokens(msgspec.Struct):
    access_token: str


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def way() -> Way:
    """A new one."""
    return Way(secrets.token_urlsafe(24), secrets.token_urlsafe(48))


async def address(client: Client, on: Way, back: str) -> str:
    """Where at the issuer the person goes; `back` is where they come back to. Raises NotSignedIn."""
    try:
        async with _session() as session:
            door = (await discovered(session, client.issuer)).authorization_endpoint
    except (KeysUnavailable, *_TROUBLE) as error:
        raise _unreachable(client, error) from error
    if door is None or not safe(door):
        raise NotSignedIn(f"{client.issuer} names no https address for signing in")
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": back,
        "scope": client.scope,
        "state": on.state,
        "code_challenge": on.challenge,
        "code_challenge_method": "S256",
    }
    return f"{door}{'&' if '?' in door else '?'}{urlencode(asked)}"


async def token(client: Client, on: Way, code: str, back: str) -> str:
    """The access token for the code that the person brought back. Raises NotSignedIn."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": on.verifier}
    headers = {"accept": "application/json"}
    if client.secret is None:
        form["client_id"] = client.id
    else:
        credentials = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"  # as RFC 6749 wants them
        headers["authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    try:
        async with _session() as session:
            door = (await discovered(session, client.issuer)).token_endpoint
            if door is None or not safe(door):
                raise NotSignedIn(f"{client.issuer} names no https address for tokens")
            async with session.post(door, data=form, headers=headers, allow_redirects=False) as answer:
                body = await read(answer)
                if answer.status != 200:
                    raise NotSignedIn(_why(answer.status, body))
                return msgspec.json.decode(body, type=_Tokens).access_token
    except (KeysUnavailable, *_TROUBLE) as error:
        raise _unreachable(client, error) from error


_TROUBLE: Final = (TimeoutError, aiohttp.ClientError, OSError, ValueError, msgspec.MsgspecError)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS), trust_env=True)


def _why(status: int, body: bytes) -> str:
    try:
        said = msgspec.json.decode(body, type=_Refusal)
    except msgspec.MsgspecError:
        return f"it answered {status}"
    return f"it answered {status}: {said.error} {said.error_description}".strip()[:300]


def _unreachable(client: Client, error: Exception) -> NotSignedIn:
    return NotSignedIn(f"{client.issuer} cannot be asked: {type(error).__name__} {error}"[:300])
