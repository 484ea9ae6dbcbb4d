"""Everything has an end: bodies have a size, waits have a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from edge.asgi import is_http
from edge.bodies import nul_refused
from edge.problems import Problem, send_problem

JSON_BODY_LIMIT = 2**20
REQUEST_TIMEOUT = 30.0


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """Give this block so long; then a 503 problem that says what took too long."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise took_too_long(what, seconds) from error


def took_too_long(what: str, seconds: float) -> Problem:
    """We did not manage in time; trying again may help."""
    return Problem(
        503,
        "took-too-long",
        {"en": "Took too long", "de": "Dauerte zu lange"},
        {
            "en": f"{what} did not finish within {seconds:g} seconds. Try again in a moment.",
            "de": f"{what}: nach {seconds:g} Sekunden nicht fertig. Bitte gleich noch einmal versuchen.",
        },
        headers={"retry-after": "2"},
    )


class RequestTimeout(ASGIMiddleware):
    """A limit on every request; a route may set `opt={"timeout": seconds}` or, for streams, None."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float = REQUEST_TIMEOUT) -> None:
        self.seconds = seconds

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer 503 (or 408 while the body is still arriving) when the time is up and nothing was answered yet."""
        seconds = scope["route_handler"].opt.get("timeout", self.seconds)
        if seconds is None:
            await next_app(scope, receive, send)
            return
        waiting = started = False

        async def receive_seen() -> Message:
            nonlocal waiting
            waiting = True
            message = await receive()
            waiting = False
            return message  # type: ignore[return-value]  # ASGI, typed by Litestar in its own words

        async def send_seen(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        timeout = asyncio.timeout(seconds)
        try:
            async with timeout:
                await next_app(scope, receive_seen, send_seen)  # type: ignore[arg-type]  # ASGI, typed by Litestar in its own words
        except TimeoutError:
            if started or not timeout.expired():
                raise
            raise (_body_too_slow(seconds) if waiting else took_too_long("The request", seconds)) from None


def clean_address(app: ASGIApp) -> ASGIApp:
    """Refuse what no route should see: a NUL in path or query, and a slash hidden as `%2F` inside a path segment."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if is_http(scope):
            if "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]:
                await send_problem(nul_refused("address"), scope, send)
                return
            raw = scope.get("raw_path") or b""
            if b"%2f" in raw or b"%2F" in raw:
                await send_problem(_hidden_slash(), scope, send)
                return
        await app(scope, receive, send)

    return checked


def _hidden_slash() -> Problem:
    return Problem(
        404,
        "not-found",
        {"en": "Not found", "de": "Nicht gefunden"},
        {
            "en": "The path contains an encoded slash (%2F). No key has a slash in it.",
            "de": "Der Pfad enthält einen kodierten Schrägstrich (%2F). In keinem Schlüssel kommt einer vor.",
        },
    )


def _body_too_slow(seconds: float) -> Problem:
    return Problem(
        408,
        "request-timeout",
        {"en": "Request timeout", "de": "Zeitüberschreitung"},
        {
            "en": f"The body did not arrive within {seconds:g} seconds.",
            "de": f"Der Inhalt kam nicht innerhalb von {seconds:g} Sekunden an.",
        },
    )
