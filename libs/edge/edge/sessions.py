"""People keep their token in a cookie, so that their browser brings it along; nothing of a session is kept on this side.

A browser does so whoever makes it ask. So the cookie counts for a change only where one of our own pages asked for it.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers.base import BaseRouteHandler
from litestar.types import HTTPScope, Scope

from edge.asgi import header
from edge.problems import Problem
from edge.tokens import unpadded

LONGEST: Final = 3800
"""Browsers keep cookies of 4,096 bytes, name and all; a longer one is dropped without a word."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT: Final = "edge.session"


class _Ending(msgspec.Struct):
    exp: float


class Sessions:
    """How an installation's pages keep a token; `public_url` is the address that people know them by."""

    def __init__(self, public_url: str | None) -> None:
        self.public_url = public_url
        self.secure: Final = (public_url or "").startswith("https:")
        self.cookie: Final = self.named("session")

    def named(self, what: str) -> str:
        """The name of a cookie that, over TLS, nobody but this very host can have set."""
        return f"__Host-ozg-{what}" if self.secure else f"ozg-{what}"

    def enter(self, scope: HTTPScope) -> str:
        """The token that came along, if it counts for this request."""
        token = self.read(scope, self.cookie)
        if not token or (scope["method"] not in _SAFE and not from_own_page(scope, self.public_url)):
            return ""
        scope[_KEPT] = token  # type: ignore[typeddict-unknown-key]  # our own key in the ASGI scope
        return token

    def read(self, scope: Scope, name: str) -> str:
        """A cookie's value, or nothing."""
        for part in header(scope, b"cookie").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value.strip('"')
        return ""

    def keep(self, name: str, value: str, seconds: int) -> Cookie:
        """A cookie that no script reads and no other site has sent along with a change."""
        return Cookie(
            key=name, value=value, max_age=seconds, path="/", httponly=True, secure=self.secure, samesite="lax"
        )

    def begin(self, token: str, now: float) -> Cookie:
        """The session, for as long as the token holds."""
        return self.keep(self.cookie, token, max(0, int(ending(token) - now)))

    def end(self, name: str | None = None) -> Cookie:
        """What makes the browser forget it."""
        return self.keep(name or self.cookie, "", 0)


def token_of(scope: Scope) -> str:
    """The token of the session in which this is asked."""
    found: str = scope.get(_KEPT, "")  # type: ignore[assignment]  # our own key in the ASGI scope
    return found


def ending(token: str) -> float:
    """When a token that was found to be good ends."""
    return msgspec.json.decode(unpadded(token.split(".")[1]), type=_Ending).exp


def from_own_page(scope: Scope, public_url: str | None) -> bool:
    """Whether a page of this very origin made the browser ask. Who does not say where they come from is not believed."""
    site = header(scope, b"sec-fetch-site")
    if site:
        return site in {"same-origin", "none"}
    origin = header(scope, b"origin")
    there, host = urlsplit(origin), header(scope, b"host")
    if there.scheme not in {"http", "https"} or not there.netloc:
        return False
    return there.netloc == host or origin == _origin(public_url)


async def own_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The guard of everything that pages send: refuse what another site makes a browser send."""
    if not from_own_page(connection.scope, connection.app.state.public_url):
        raise _from_elsewhere()


def _origin(public_url: str | None) -> str:
    parts = urlsplit(public_url or "")
    return f"{parts.scheme}://{parts.netloc}"


def _from_elsewhere() -> Problem:
    return Problem(
        403,
        "foreign-origin",
        {"en": "Not from this page", "de": "Nicht von dieser Seite"},
        {
            "en": "This was not sent by a page of this installation, so nothing was changed. Open the page here and send it again. "
            "Programs use the REST interface with a token instead.",
            "de": "Das wurde nicht von einer Seite dieser Installation gesendet, darum wurde nichts geändert. Bitte die Seite hier "
            "öffnen und noch einmal senden. Programme nutzen stattdessen die REST-Schnittstelle mit einem Token.",
        },
    )
