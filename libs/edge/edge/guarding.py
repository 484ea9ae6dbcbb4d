"""Routes are closed unless opened.

Whatever writes needs `guards=[require("editor", …)]` or, said out loud, `opt=OPEN`; an app with a route that has
neither does not start. Reading is public unless the installation says that it needs a token.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from edge.asgi import header
from edge.issuer import Issuer
from edge.language import Text
from edge.problems import Problem
from edge.token_refusals import TokenRefused
from edge.tokens import ROLES, Caller, Role, Verifier

Reading: TypeAlias = Literal["public", "token"]
OPEN: dict[str, Any] = {"open": True}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_UNAUTHORIZED: Text = {"en": "Not authorized", "de": "Nicht angemeldet"}
_FORBIDDEN: Text = {"en": "Not for you", "de": "Nicht für Sie"}


class Require:
    """A guard: the call needs a token in one of these roles."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles or ROLES

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Refuse with 401 without a good token, with 403 in another role."""
        caller = identify(connection)
        if caller.role not in self.roles:
            raise wrong_role(caller.role, self.roles)


def require(*roles: Role) -> Require:
    """The guard for routes that need a token in one of these roles (none given: in any)."""
    return Require(*roles)


async def reading_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of the whole app: reading needs a token where the installation says so."""
    if connection.app.state.reading == "token" and not handler.opt.get("open") and connection.scope.get("user") is None:
        identify(connection)


def identify(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Who calls, or a 401 problem. Looked up once per request."""
    known = connection.scope.get("user")
    if isinstance(known, Caller):
        return known
    state = connection.app.state
    caller = _verify(header(connection.scope, b"authorization"), state.verifier, state.issuer)
    connection.scope["user"] = caller
    return caller


def wrong_role(role: str, wanted: tuple[str, ...]) -> Problem:
    """A good token, but not for this."""
    roles = ", ".join(wanted)
    return Problem(
        403,
        "wrong-role",
        {"en": "Wrong role", "de": "Falsche Rolle"},
        {
            "en": f"Your token has the role {role!r}; this needs one of: {roles}.",
            "de": f"Ihr Token hat die Rolle {role!r}; nötig ist eine von: {roles}.",
        },
        headers={"www-authenticate": 'Bearer error="insufficient_scope"'},
    )


def closed(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of every route that needs a token."""
    for method, path, handler in routes(app):
        if requirement(handler) is not None:
            yield method, path, handler


def unguarded(app: Litestar) -> list[str]:
    """Routes that write and neither need a token nor say that they are open. There should be none."""
    return [
        f"{method} {path}"
        for method, path, handler in routes(app)
        if method not in SAFE_METHODS and requirement(handler) is None and not handler.opt.get("open")
    ]


def requirement(handler: BaseRouteHandler) -> Require | None:
    """The role guard of a route, if it has one (set on the route, its router, or its controller)."""
    return next((guard for guard in handler.resolve_guards() if isinstance(guard, Require)), None)


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Every method of every route of the app."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                yield str(method), route.path_format or "/", handler


def bearer(authorization: str) -> str:
    """The token in an `Authorization` header, or nothing."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller_of(token: str, verifier: Verifier | None, issuer: Issuer | None) -> Caller | None:
    """Whose token it is; None where nobody's is accepted. Raises TokenRefused."""
    if issuer is not None and issuer.issued(token):
        return issuer.verify(token)
    return verifier.verify(token) if verifier is not None else None


def _verify(authorization: str, verifier: Verifier | None, issuer: Issuer | None) -> Caller:
    token = bearer(authorization)
    if not token:
        raise _missing(bool(authorization))
    try:
        caller = caller_of(token, verifier, issuer)
    except TokenRefused as refused:
        raise _refused(refused) from refused
    if caller is None:
        raise _missing(given=True)
    return caller


def _refused(refused: TokenRefused) -> Problem:
    match refused.status:
        case 503:
            title: Text = {"en": "Identity provider unreachable", "de": "Anmeldedienst nicht erreichbar"}
            headers = {"retry-after": "20"}
        case 403:
            title, headers = _FORBIDDEN, {"www-authenticate": 'Bearer error="insufficient_scope"'}
        case _:
            title = _UNAUTHORIZED
            headers = {"www-authenticate": f'Bearer error="invalid_token", error_description="{refused.reason}"'}
    return Problem(refused.status, f"token-{refused.reason}", title, refused.detail, headers=headers)


def _missing(given: bool) -> Problem:
    header = 'Bearer error="invalid_request"' if given else "Bearer"
    return Problem(
        401,
        "token-missing",
        _UNAUTHORIZED,
        {
            "en": "This needs a token. Send it as `Authorization: Bearer <token>`.",
            "de": "Dafür wird ein Token gebraucht: `Authorization: Bearer <Token>`.",
        },
        headers={"www-authenticate": header},
    )
