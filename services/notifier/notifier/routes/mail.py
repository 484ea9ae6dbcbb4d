"""What the links in mails lead to. Looking changes nothing, because programs look at links too; the button does."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from litestar import Response, get, post
from litestar.params import QueryParameter

from edge.asking import EdgeRequest
from edge.correlation import correlation_id, traceparent
from edge.guarding import OPEN
from edge.headers import PAGE_POLICY
from events.log.connect import Connection
from events.log.write import Context
from notifier.channels.deliveries import reading
from notifier.channels.deliveries.reading import Target
from notifier.channels.email import confirming
from notifier.channels.email.page import Saying, page
from notifier.domain.linking import Purpose, fits, read
from notifier.office import Office, office
from notifier.routes.destinations import reader_of

Token = Annotated[str, QueryParameter(max_length=200, description="as it stands in the mail")]
_SAFE = {"content-security-policy": PAGE_POLICY, "cache-control": "no-store"}


@get("/mail/confirm", include_in_schema=False, media_type="text/html", opt=OPEN)
async def ask_to_confirm(request: EdgeRequest, token: Token = "") -> Response[str]:
    """A button. Nothing happens yet."""
    return await _shown(request, token, "confirm", None)


@post("/mail/confirm", include_in_schema=False, media_type="text/html", opt=OPEN, status_code=200)
async def confirm(request: EdgeRequest, token: Token = "") -> Response[str]:
    """From now on mails come."""
    return await _shown(request, token, "confirm", _confirm)


@get("/mail/unsubscribe", include_in_schema=False, media_type="text/html", opt=OPEN)
async def ask_to_unsubscribe(request: EdgeRequest, token: Token = "") -> Response[str]:
    """A button. Nothing happens yet."""
    return await _shown(request, token, "unsubscribe", None)


@post("/mail/unsubscribe", include_in_schema=False, media_type="text/html", opt=OPEN, status_code=200)
async def unsubscribe(request: EdgeRequest, token: Token = "") -> Response[str]:
    """One click, also that of a mail program (RFC 8058): no redirect, no cookie, no question."""
    return await _shown(request, token, "unsubscribe", _unsubscribe)


Act = Callable[[Connection, Office, Target, Context], Awaitable[Saying]]


async def _shown(request: EdgeRequest, token: str, purpose: Purpose, act: Act | None) -> Response[str]:
    at, found = office(request), read(token)
    async with at.transaction() as connection:
        target = await reading.target(connection, at.desk.safe, found.subscription) if found is not None else None
        if found is None or target is None or not fits(found, target.secret, purpose, at.desk.clock()):
            saying: Saying = "ended" if target is not None and target.closed_at and purpose == "unsubscribe" else "void"
        elif act is None:
            saying = purpose
        else:
            actor = f"{at.desk.log.installation}/notifier/mail"
            saying = await act(connection, at, target, Context(actor, correlation_id(), traceparent()))
    language = (target.language if target is not None else None) or reader_of(request)
    root = request.scope.get("root_path", "").rstrip("/")
    return Response(page(saying, language, root), status_code=410 if saying == "void" else 200, headers=_SAFE)


async def _confirm(connection: Connection, at: Office, target: Target, context: Context) -> Saying:
    await confirming.confirm(connection, at.desk, target.id, context)
    return "confirmed"


async def _unsubscribe(connection: Connection, at: Office, target: Target, context: Context) -> Saying:
    await confirming.unsubscribe(connection, at.desk, target.id, context)
    return "ended"


HANDLERS = [ask_to_confirm, confirm, ask_to_unsubscribe, unsubscribe]
