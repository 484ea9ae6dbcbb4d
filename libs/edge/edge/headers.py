"""Headers that keep browsers from doing what nobody asked for."""

from collections.abc import Iterable, Mapping

from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from edge.asgi import is_http, on_start

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def security_headers(content_security_policy: str = API_POLICY) -> dict[str, str]:
    """The headers every answer gets unless the route set them itself."""
    return {
        "content-security-policy": content_security_policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


def allowing(app: ASGIApp, methods: Mapping[str, set[str]]) -> ASGIApp:
    """Answer OPTIONS with exactly what a path takes; Litestar forgets handlers registered later, and HEAD."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        def correct(start: HTTPResponseStartEvent) -> None:
            known = methods.get(scope.get("path_template") or "")
            if known is not None:
                kept = [pair for pair in start["headers"] if pair[0] != b"allow"]
                start["headers"] = [*kept, (b"allow", allow(known).encode())]

        await app(scope, receive, on_start(send, correct) if is_http(scope) and scope["method"] == "OPTIONS" else send)

    return told


def allow(methods: Iterable[str]) -> str:
    """The `Allow` header: whoever takes GET takes HEAD."""
    listed = {method.strip() for method in methods}
    return ", ".join(sorted(listed | ({"HEAD"} if "GET" in listed else set())))


class _Enough(Exception):
    """A stream whose start was all that was asked for."""


def answering_head(app: ASGIApp) -> ASGIApp:
    """Answer HEAD as GET without its body, as HTTP asks of everyone."""

    async def headed(scope: Scope, receive: Receive, send: Send) -> None:
        if not is_http(scope) or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        ended = False

        async def send_start(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif message["type"] == "http.response.body":
                if not ended:
                    ended = True
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message["more_body"]:
                    raise _Enough

        scope["method"] = "GET"
        try:
            await app(scope, receive, send_start)
        except Exception:
            if not ended:
                raise
        finally:
            scope["method"] = "HEAD"

    return headed
