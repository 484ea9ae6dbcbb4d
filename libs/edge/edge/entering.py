"""What happens to a token before any route is looked for: what asks others has to be awaited, and routes ask in passing who calls."""

from litestar.types import HTTPScope

from edge.asgi import header
from edge.guarding import bearer, caller_of
from edge.issuer import Issuer
from edge.limiting import Quota, too_many
from edge.problems import Problem
from edge.token_refusals import TokenRefused
from edge.tokens import Verifier

Headers = list[tuple[bytes, bytes]]


class Entrance:
    """Of an app with an issuer, or with a quota for each caller, or both."""

    def __init__(self, verifier: Verifier | None, issuer: Issuer | None, quota: Quota | None) -> None:
        self._verifier = verifier
        self._issuer = issuer
        self._quota = quota

    async def enter(self, scope: HTTPScope) -> tuple[Headers, Problem | None]:
        """Headers for the answer, and why there is none but this. A token that does not do is the routes' business."""
        token = bearer(header(scope, b"authorization"))
        if not token:
            return [], None
        if self._issuer is not None:
            await self._issuer.learn(token)
        if self._quota is None:
            return [], None
        try:
            caller = caller_of(token, self._verifier, self._issuer)
        except TokenRefused:
            return [], None
        if caller is None:
            return [], None
        scope["user"] = caller
        allowance = await self._quota.ask(caller.id)
        return allowance.headers(), None if allowance.allowed else too_many(allowance)


def entrance(verifier: Verifier | None, issuer: Issuer | None, quota: Quota | None) -> Entrance | None:
    """None where nothing has to be awaited: then a call does not pay for it."""
    return Entrance(verifier, issuer, quota) if issuer is not None or quota is not None else None
