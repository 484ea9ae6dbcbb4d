"""An OIDC issuer (Keycloak and alike) whose tokens are accepted besides those of the installation's own key.

Tokens are checked offline against the keys the issuer publishes. These are fetched in the background; a token that names a key
nobody knows yet lets them be fetched again, seldom enough that nobody can make a crowd of requests of it. When the issuer is down
its keys are believed for some hours more; own tokens never depend on any of this.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Final, TypeAlias

import msgspec
import structlog
from joserfc import jwt
from joserfc.errors import JoseError

from edge import claims as claims_of
from edge.claims import Meaning
from edge.jwks import KeysUnavailable, PublishedKey, published, safe
from edge.serving_settings import ServingSettings
from edge.settings import SettingsInvalid
from edge.token_refusals import (
    bad_claims,
    expired,
    issuer_unreachable,
    malformed,
    not_from_there,
    not_yet_valid,
    wrong_audience,
)
from edge.tokens import SKEW, Caller, quiet, unpadded

REFRESH_SECONDS: Final = 600.0
RETRY_SECONDS: Final = 20.0
AT_MOST_EVERY_SECONDS: Final = 10.0
BELIEVED_SECONDS: Final = 12 * 3600.0
LONGEST_TOKEN: Final = 12_000
_REMEMBER: Final = 10_000
Keys: TypeAlias = Mapping[str | None, PublishedKey]
Fetch: TypeAlias = Callable[[str], Awaitable[Keys]]
_log = structlog.get_logger("edge.issuer")


class _Header(msgspec.Struct):
    alg: str
    kid: str | None = None


class _Whose(msgspec.Struct):
    iss: str | None = None


class _Standard(msgspec.Struct):
    exp: float
    aud: str | list[str] = []
    nbf: float = 0
    iat: float = 0


class Issuer:
    """What is known of it, and who its tokens belong to."""

    def __init__(
        self,
        name: str,
        audience: str,
        meaning: Meaning,
        clock: Callable[[], datetime],
        *,
        fetch: Fetch,
        ticks: Callable[[], float],
    ) -> None:
        self.name = name
        self._audience = audience
        self._meaning = meaning
        self._clock = clock
        self._fetch = fetch
        self._ticks = ticks
        self._keys: Keys = {}
        self._asked = self._known_since = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self.trouble: str | None = "its keys were not fetched yet"
        self._verified: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    def issued(self, token: str) -> bool:
        """Whether the token says that it comes from there; its signature is yet to be checked."""
        if token in self._verified:
            return True
        try:
            return bool(_part(token, 1, _Whose).iss == self.name)
        except (ValueError, IndexError, msgspec.MsgspecError):
            return False

    def verify(self, token: str) -> Caller:
        """The caller, from what is in memory. Raises TokenRefused."""
        if self._ticks() - self._known_since > BELIEVED_SECONDS:
            raise issuer_unreachable(self.name)
        now, skew = self._clock().timestamp(), SKEW.total_seconds()
        known = self._verified.get(token)
        if known is not None:
            if now < known[1] + skew:
                return known[0]
            del self._verified[token]
        claims = self._signed(token)
        try:
            standard = msgspec.convert(claims, _Standard)
        except msgspec.ValidationError as error:
            raise bad_claims(str(error)) from error
        self._check(standard, now, skew)
        caller = self._meaning.caller(self.name, claims)
        self._verified[token] = (caller, standard.exp)
        if len(self._verified) > _REMEMBER:
            self._verified.popitem(last=False)
        return caller

    async def learn(self, token: str) -> None:
        """Ask for the keys if this token names one nobody knows, unless they were asked for just now."""
        if len(token) > LONGEST_TOKEN or token in self._verified or not self.issued(token):
            return
        try:
            header = _part(token, 0, _Header)
        except (ValueError, IndexError, msgspec.MsgspecError):
            return
        if self._named(header) is not None:
            return
        if self._asking is not None or self._ticks() - self._asked >= AT_MOST_EVERY_SECONDS:
            await self.refresh()

    async def refresh(self) -> None:
        """Ask for the keys; whoever comes while that is going on waits for the same answer."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        await asyncio.shield(self._asking)

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep its keys fresh until the block ends."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            for task in (keeping, self._asking):
                if task is not None:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task

    async def _keep(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(RETRY_SECONDS if self.trouble else REFRESH_SECONDS)

    async def _ask(self) -> None:
        self._asked = self._ticks()
        try:
            keys = await self._fetch(self.name)
        except KeysUnavailable as error:
            self.trouble = f"the keys of {self.name} cannot be had: {error}"
            _log.warning("issuer_keys_unavailable", issuer=self.name, reason=str(error))
        else:
            self._verified.clear()  # what a key signed that is no longer published does not hold any more
            self._keys, self._known_since, self.trouble = keys, self._ticks(), None
        finally:
            self._asking = None

    def _signed(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN or token.count(".") != 2:
            raise malformed()
        try:
            header = _part(token, 0, _Header)
        except (ValueError, msgspec.MsgspecError) as error:
            raise malformed() from error
        named = self._named(header)
        if named is None:
            raise issuer_unreachable(self.name) if self.trouble else not_from_there(self.name)
        if header.alg not in named.algorithms:
            raise not_from_there(self.name)
        try:
            with quiet():
                return jwt.decode(token, named.key, algorithms=[header.alg]).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise not_from_there(self.name) from error

    def _named(self, header: _Header) -> PublishedKey | None:
        if header.kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(header.kid)

    def _check(self, claims: _Standard, now: float, skew: float) -> None:
        if now >= claims.exp + skew:
            raise expired(claims.exp)
        if max(claims.nbf, claims.iat) > now + skew:
            raise not_yet_valid()
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if self._audience not in audiences:
            raise wrong_audience(audiences, self._audience)


def issuer_of(
    settings: ServingSettings,
    clock: Callable[[], datetime],
    *,
    fetch: Fetch = published,
    ticks: Callable[[], float] = monotonic,
) -> Issuer | None:
    """The one that is configured, if any. Raises SettingsInvalid."""
    if settings.oidc_issuer is None:
        return None
    if not safe(settings.oidc_issuer):
        raise SettingsInvalid(
            f"OZG_OIDC_ISSUER: {settings.oidc_issuer!r} does not do; it has to begin with https:// (http:// on this machine only)."
        )
    meaning = Meaning(
        role_claim=settings.oidc_role_claim,
        roles=claims_of.roles("OZG_OIDC_ROLES", settings.oidc_roles),
        authority_claim=settings.oidc_municipality_claim,
        authorities=claims_of.authorities("OZG_OIDC_MUNICIPALITIES", settings.oidc_municipalities),
    )
    return Issuer(settings.oidc_issuer, settings.oidc_audience, meaning, clock, fetch=fetch, ticks=ticks)


def _part(token: str, number: int, kind: type[Any]) -> Any:
    return msgspec.json.decode(unpadded(token.split(".", 2)[number]), type=kind)
