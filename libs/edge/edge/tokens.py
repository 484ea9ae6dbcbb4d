"""Tokens are EdDSA JWTs, checked offline: nobody is asked, a key file is enough.

Checking a signature costs a tenth of a millisecond, so what was verified is remembered until it expires.
"""

import os
import re
import uuid
import warnings
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.token_refusals import (
    bad_claims,
    expired,
    malformed,
    not_yet_valid,
    revoked,
    wrong_audience,
    wrong_issuer,
    wrong_key,
)

Role: TypeAlias = Literal["editor", "publisher", "operator", "reader"]
ROLES: tuple[Role, ...] = get_args(Role)
AUDIENCE = "ozg"
ALGORITHMS = ["EdDSA", "Ed25519"]
SKEW = timedelta(seconds=60)
_LONGEST_TOKEN = 4096
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


class Caller(msgspec.Struct, frozen=True):
    """Who calls: an authority (None: the installation itself), in a role, with an id that is no name."""

    authority: str | None
    role: Role
    id: str

    def may_act_for(self, authority: str) -> bool:
        """Operators act for everyone, all others for their own authority."""
        return self.role == "operator" or self.authority == authority

    def actor(self, installation: str) -> str:
        """How events name the caller."""
        return f"{self.authority or installation}/{self.role}/{self.id}"


class _Claims(msgspec.Struct):
    sub: str
    role: Role
    aud: str | list[str]
    exp: float
    iat: float = 0
    nbf: float = 0
    iss: str | None = None
    jti: str | None = None
    authority: str | None = None


def issue(
    private_key: OKPKey,
    *,
    issuer: str,
    authority: str | None,
    role: Role,
    lifetime: timedelta,
    now: datetime,
    id: uuid.UUID,  # noqa: A002 - the word of the claim
    subject: str | None = None,
) -> str:
    """A signed token; `subject` defaults to the id, which is random and no name."""
    claims = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject or str(id),
        "authority": authority,
        "role": role,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "jti": str(id),
    }
    header = {"alg": "EdDSA", "kid": private_key.thumbprint(), "typ": "JWT"}
    with quiet():
        return jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, private_key, ALGORITHMS)


class Verifier:
    """Says who a token belongs to, or why it belongs to nobody. Several public keys allow for changing keys."""

    def __init__(
        self,
        public_keys: Iterable[OKPKey],
        clock: Callable[[], datetime],
        *,
        issuer: str | None = None,
        audience: str = AUDIENCE,
        revoked: Container[str] = (),
        remember: int = 10_000,
    ) -> None:
        self._keys = {key.thumbprint(): key for key in public_keys}
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._revoked = revoked
        self._remember = remember
        self._verified: OrderedDict[str, tuple[Caller, _Claims]] = OrderedDict()

    def verify(self, token: str) -> Caller:
        """The caller, or `TokenRefused`."""
        now = self._clock().timestamp()
        known = self._verified.get(token)
        if known is not None:
            caller, claims = known
            if now < claims.exp and claims.jti not in self._revoked:
                self._verified.move_to_end(token)
                return caller
            del self._verified[token]
        claims = self._signed_claims(token)
        self._check(claims, now)
        caller = Caller(authority=claims.authority, role=claims.role, id=claims.sub)
        self._verified[token] = (caller, claims)
        if len(self._verified) > self._remember:
            self._verified.popitem(last=False)
        return caller

    def _signed_claims(self, token: str) -> _Claims:
        if len(token) > _LONGEST_TOKEN or token.count(".") != 2:
            raise malformed()
        for key in self._candidates(token):
            try:
                with quiet():
                    claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
                return msgspec.convert(claims, _Claims)
            except msgspec.ValidationError as error:
                raise bad_claims(str(error)) from error
            except (JoseError, ValueError, TypeError, UnicodeError):
                continue
        raise wrong_key()

    def _candidates(self, token: str) -> list[OKPKey]:
        try:
            header = msgspec.json.decode(unpadded(token.split(".", 1)[0]), type=dict[str, Any])
        except (ValueError, msgspec.DecodeError) as error:
            raise malformed() from error
        if header.get("alg") not in ALGORITHMS:
            raise malformed()
        named = self._keys.get(str(header.get("kid")))
        return [named] if named is not None else list(self._keys.values())

    def _check(self, claims: _Claims, now: float) -> None:
        if now >= claims.exp:
            raise expired(claims.exp)
        if claims.jti in self._revoked:
            raise revoked()
        if max(claims.nbf, claims.iat) > now + SKEW.total_seconds():
            raise not_yet_valid()
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if self._audience not in audiences:
            raise wrong_audience(audiences, self._audience)
        if self._issuer is not None and claims.iss != self._issuer:
            raise wrong_issuer(claims.iss, self._issuer)


def generate_keys(private_file: Path, public_file: Path) -> bool:
    """Make the key pair unless there is one (then False). Only the owner may read the private half."""
    if private_file.exists():
        if not public_file.exists():
            _write(public_file, load_private_key(private_file).as_pem(private=False), 0o644)
        return False
    key = OKPKey.generate_key("Ed25519")
    private_file.parent.mkdir(parents=True, exist_ok=True)
    public_file.parent.mkdir(parents=True, exist_ok=True)
    _write(private_file, key.as_pem(private=True), 0o600)
    _write(public_file, key.as_pem(private=False), 0o644)
    return True


def load_private_key(file: Path) -> OKPKey:
    """The key tokens are signed with, from a PEM file."""
    key = OKPKey.import_key(file.read_bytes())
    if not key.is_private or key.curve_name != "Ed25519":
        message = f"{file} holds no Ed25519 private key"
        raise ValueError(message)
    return key


def load_public_keys(file: Path) -> list[OKPKey]:
    """Every public key in a PEM file: while keys change, the file holds the old one and the new one."""
    keys = [OKPKey.import_key(block) for block in _PEM.findall(file.read_text())]
    if not keys or any(key.curve_name != "Ed25519" for key in keys):
        message = f"{file} must hold Ed25519 public keys in PEM (BEGIN PUBLIC KEY)"
        raise ValueError(message)
    return keys


def _write(file: Path, content: bytes, mode: int) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def unpadded(part: str) -> bytes:
    """Base64url as JWTs have it. Raises ValueError."""
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def quiet() -> AbstractContextManager[Any]:
    """`EdDSA` is what every JWT library of today understands; joserfc already warns for its successor name."""
    return warnings.catch_warnings(action="ignore")
