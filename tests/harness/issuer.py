"""A real OIDC issuer on this machine: discovery, keys, and whatever can go wrong with them."""

import asyncio
import hashlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

Private = RSAKey | ECKey | OKPKey | OctKey


class LocalIssuer:
    """Change its attributes to let it fail."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        self.url = ""
        self.keys: dict[str, Private] = {"first": RSAKey.generate_key(2048)}
        self.published: set[str] = {"first"}
        self.fails: int | None = None
        self.hanging: asyncio.Event | None = None
        self.garbage: bytes | None = None
        self.calls_itself: str | None = None
        self.keys_at: str | None = None
        self.more_keys: list[dict[str, Any]] = []
        self.asked = 0
        self.person: dict[str, Any] = {}
        """Claims of whoever signs in there; they do so without being asked."""
        self.secret: str | None = None
        self.refuses: str | None = None
        self._codes: dict[str, dict[str, str]] = {}

    def token(self, kid: str | None = "first", alg: str = "RS256", *, without: str = "", **claims: Any) -> str:
        """As Keycloak writes it: an editor of Leipzig, unless the claims say otherwise."""
        now = int(self.now.timestamp())
        usual: dict[str, Any] = {
            "iss": self.url,
            "aud": ["account", "ozg"],
            "sub": "5b6e7f52-9a7c-4c0e-8f8b-0d8a5c1f4a11",
            "iat": now,
            "exp": now + 300,
            "realm_access": {"roles": ["offline_access", "ozg-editor"]},
            "municipality": "ars:147130000000",
        }
        said = {name: value for name, value in (usual | claims).items() if name != without}
        header = {"alg": alg, "typ": "JWT"} | ({"kid": kid} if kid is not None else {})
        return jwt.encode(header, said, self.keys[kid or "first"], algorithms=[alg])

    def bearer(self, **claims: Any) -> dict[str, str]:
        """The header that carries such a token."""
        return {"Authorization": f"Bearer {self.token(**claims)}"}

    def rotate(self, kid: str, key: Private | None = None, *, keep: bool = True) -> None:
        """Sign with a new key from now on; the old ones stay published or do not."""
        self.keys[kid] = key or RSAKey.generate_key(2048)
        self.published = (self.published if keep else set()) | {kid}

    async def _discovery(self, _: web.Request) -> web.Response:
        await self._trouble()
        keys_at = self.keys_at or f"{self.url}/certs"
        doors = {"authorization_endpoint": f"{self.url}/auth", "token_endpoint": f"{self.url}/token"}
        said = {"issuer": self.calls_itself or self.url, "jwks_uri": keys_at, "more": True}
        return web.json_response(said | doors)

    async def _authorize(self, request: web.Request) -> web.Response:
        """Somebody signs in, and comes back with a code or with a refusal."""
        asked = dict(request.query)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        answer = {"state": asked["state"], "iss": self.url}
        if self.refuses is not None:
            answer["error"] = self.refuses
        else:
            answer["code"] = f"code-{len(self._codes)}"
            self._codes[answer["code"]] = asked
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        """The token for a code: once, for the client and the way that it was given to."""
        form = await request.post()
        asked = self._codes.pop(str(form["code"]), None)
        verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = urlsafe_b64encode(verifier).rstrip(b"=").decode()
        known = asked is not None and (asked["code_challenge"], asked["redirect_uri"]) == (
            challenge,
            form["redirect_uri"],
        )
        if not known:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if self.secret is not None:
            given = b64decode(request.headers.get("Authorization", "Basic ").partition(" ")[2]).decode()
            if [unquote_plus(part) for part in given.split(":")] != [asked["client_id"] if asked else "", self.secret]:
                return web.json_response({"error": "invalid_client"}, status=401)
        elif form.get("client_id") != (asked or {}).get("client_id"):
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": self.token(**self.person), "token_type": "Bearer"})

    async def _certs(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self._trouble()
        if self.garbage is not None:
            return web.Response(body=self.garbage, content_type="application/json")
        public: list[dict[str, Any]] = [
            {**self.keys[kid].as_dict(private=isinstance(self.keys[kid], OctKey)), "kid": kid, "use": "sig"}
            for kid in sorted(self.published)
        ]
        return web.json_response({"keys": public + self.more_keys})

    async def _trouble(self) -> None:
        if self.hanging is not None:
            await self.hanging.wait()
        if self.fails is not None:
            raise web.HTTPInternalServerError if self.fails == 500 else web.HTTPFound("/elsewhere")

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LocalIssuer"]:
        """On a free port until the block ends."""
        app = web.Application()
        app.router.add_get("/realms/ozg/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/realms/ozg/certs", self._certs)
        app.router.add_get("/realms/ozg/auth", self._authorize)
        app.router.add_post("/realms/ozg/token", self._token)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/realms/ozg"
        try:
            yield self
        finally:
            if self.hanging is not None:
                self.hanging.set()
            await runner.cleanup()
