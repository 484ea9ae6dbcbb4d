"""One id follows a request through logs, events and answers; a trace context is passed through.

`X-Correlation-Id` is taken if it is well formed and made otherwise; it is bound to the running task, so everything
that happens for the request can read it without being handed it.
"""

import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from random import getrandbits

import structlog
from litestar.types import ASGIApp, HTTPResponseStartEvent, Receive, Scope, Send

from edge.asgi import on_start

_CORRELATION_ID: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_TRACEPARENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACE = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_HANDLED = "edge.correlation"


def uuid7() -> uuid.UUID:
    """A UUIDv7: sortable by time, otherwise random."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def correlation_id() -> str | None:
    """The id of the request being answered, if one is."""
    return _CORRELATION_ID.get()


def traceparent() -> str | None:
    """The W3C trace context of what is going on: the caller's, if it was well formed, or of what we tell of the request."""
    return _TRACEPARENT.get()


def caused_by(trace: str | None) -> None:
    """What happens from now on in this task has that for its cause."""
    _TRACEPARENT.set(trace)


def bind(correlation: str, trace: str | None = None) -> None:
    """Say what the work of this task belongs to (workers do, from the event they follow)."""
    _CORRELATION_ID.set(correlation)
    _TRACEPARENT.set(trace)
    structlog.contextvars.bind_contextvars(correlation_id=correlation)


def begin(scope: Scope, new_id: Callable[[], uuid.UUID] = uuid7) -> str | None:
    """Bind the id of a request, to be sent back; None if that has been done around us."""
    if _HANDLED in scope:
        return None
    given, trace = _given(scope)
    correlation = given if given is not None else str(new_id())
    scope[_HANDLED] = correlation  # type: ignore[literal-required]  # our own key in the ASGI scope
    bind(correlation, trace)
    return correlation


def end() -> None:
    """Nothing belongs to that request any more."""
    structlog.contextvars.unbind_contextvars("correlation_id")


def correlate(app: ASGIApp) -> ASGIApp:
    """Bind the id of each request and send it back."""

    async def correlated(scope: Scope, receive: Receive, send: Send) -> None:
        correlation = begin(scope)

        def send_back(start: HTTPResponseStartEvent) -> None:
            if correlation is not None:
                start["headers"] = [*start.get("headers", ()), (b"x-correlation-id", correlation.encode())]

        try:
            await app(scope, receive, on_start(send, send_back))
        finally:
            end()

    return correlated


def _given(scope: Scope) -> tuple[str | None, str | None]:
    correlation = trace = None
    for name, value in scope["headers"]:
        if name == b"x-correlation-id":
            text = value.decode("latin-1")
            correlation = text if _WELL_FORMED.fullmatch(text) else None
        elif name == b"traceparent":
            text = value.decode("latin-1").strip().lower()
            trace = text if _TRACE.fullmatch(text) else None
    return correlation, trace
