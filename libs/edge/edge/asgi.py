"""The little that every wrapper around an app needs."""

from collections.abc import Callable
from typing import TypeGuard

from litestar.enums import ScopeType
from litestar.types import HTTPResponseStartEvent, HTTPScope, Message, Scope, Send


def is_http(scope: Scope) -> TypeGuard[HTTPScope]:
    """A request, not a websocket and not the lifespan."""
    return scope["type"] == ScopeType.HTTP


def header(scope: Scope, name: bytes) -> str:
    """The first header of that (lower-case) name, or nothing."""
    for given, value in scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return ""


def on_start(send: Send, act: Callable[[HTTPResponseStartEvent], None]) -> Send:
    """Look at, or change, the start of the answer."""

    async def seen(message: Message) -> None:
        if message["type"] == "http.response.start":
            act(message)
        await send(message)

    return seen
