"""What happens to a token before any route is looked for: what asks others has to be awaited, and routes ask in passing who calls."""

from litestar.types import HTTPScope

from edge.asgi import header
from edge.counting import Quotas
from edge.guarding import bearer, caller_of
from edge.issuer import Issuer
from edge.limiting import Allowance, too_many
from edge.problems import Problem
from edge.sessions import Sessions
from edge.token_refusals import TokenRefused
from edge.tokens import Caller, Verifier

Headers = list[tuple[bytes, bytes]]


class Entrance:
    """Of an app with an issuer, with a quota for each caller, or with pages on which people sign in."""

    def __init__(
        self, verifier: Verifier | None, issuer: Issuer | None, quota: Quotas | None, sessions: Sessions | None = None
    ) -> None:
        self._verifier = verifier
        self._issuer = issuer
        self._quota = quota
        self._sessions = sessions

    async def enter(self, scope: HTTPScope) -> tuple[Headers, Problem | None]:
        """Headers for the answer, and why there is none but this. A token that does not do is the routes' business."""
        given = header(scope, b"authorization")
        signed_in = self._sessions.enter(scope) if self._sessions is not None and not given else ""
        token = signed_in or bearer(given)
        if token and self._issuer is not None:
            await self._issuer.learn(token)
        caller = self._caller(token) if token and (self._quota is not None or signed_in) else None
        if caller is not None:
            scope["user"] = caller
        return _limited(await self._allowance(scope, caller))

    def _caller(self, token: str) -> Caller | None:
        try:
            return caller_of(token, self._verifier, self._issuer)
        except TokenRefused:
            return None

    async def _allowance(self, scope: HTTPScope, caller: Caller | None) -> Allowance | None:
        """A token that does not do is none."""
        if self._quota is None:
            return None
        if caller is not None:
            return await self._quota.tokens.ask(caller.id) if self._quota.tokens is not None else None
        return await self._quota.addresses.ask(scope) if self._quota.addresses is not None else None


def _limited(allowance: Allowance | None) -> tuple[Headers, Problem | None]:
    if allowance is None:
        return [], None
    return allowance.headers(), None if allowance.allowed else too_many(allowance)


def entrance(
    verifier: Verifier | None, issuer: Issuer | None, quota: Quotas | None, sessions: Sessions | None = None
) -> Entrance | None:
    """None where nothing has to be awaited: then a call does not pay for it."""
    if issuer is None and quota is None and sessions is None:
        return None
    return Entrance(verifier, issuer, quota, sessions)
