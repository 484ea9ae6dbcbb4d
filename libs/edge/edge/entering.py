"""What happens to a token before any route is looked for: what asks others has to be awaited, and routes ask in passing who calls."""

from litestar.types import HTTPScope

from edge.asgi import header
from edge.guarding import bearer, caller_of
from edge.issuer import Issuer
from edge.limiting import Quota, too_many
from edge.problems import Problem
from edge.sessions import Sessions
from edge.token_refusals import TokenRefused
from edge.tokens import Verifier

Headers = list[tuple[bytes, bytes]]


class Entrance:
    """Of an app with an issuer, with a quota for each caller, or with pages on which people sign in."""

    def __init__(
        self, verifier: Verifier | None, issuer: Issuer | None, quota: Quota | None, sessions: Sessions | None = None
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
        if not token:
            return [], None
        if self._issuer is not None:
            await self._issuer.learn(token)
        if self._quota is None and not signed_in:
            return [], None
        try:
            caller = caller_of(token, self._verifier, self._issuer)
        except TokenRefused:
            return [], None
        if caller is None:
            return [], None
        scope["user"] = caller
        if self._quota is None:
            return [], None
        allowance = await self._quota.ask(caller.id)
        return allowance.headers(), None if allowance.allowed else too_many(allowance)


def entrance(
    verifier: Verifier | None, issuer: Issuer | None, quota: Quota | None, sessions: Sessions | None = None
) -> Entrance | None:
    """None where nothing has to be awaited: then a call does not pay for it."""
    if issuer is None and quota is None and sessions is None:
        return None
    return Entrance(verifier, issuer, quota, sessions)
