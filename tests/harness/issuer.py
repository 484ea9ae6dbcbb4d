"""A real OIDC issuer on this machine: discovery, keys, and whatever can go wrong with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

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
        return web.json_response({"issuer": self.calls_itself or self.url, "jwks_uri": keys_at, "more": True})

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
