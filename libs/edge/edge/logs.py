"""Logs are JSON lines, one per event, or coloured lines on a terminal; secrets never get in.

What other libraries say through `logging` goes through the same renderer.
"""

import logging
import re
import sys
import time
from typing import Any, Literal, TypeAlias

import msgspec
import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from edge.correlation import correlation_id

Format: TypeAlias = Literal["auto", "json", "pretty"]

_SECRET_NAMES = re.compile(
    r"authorization|cookie|password|passwd|secret|token(?!_count)|api_?key|private_?key|signature", re.IGNORECASE
)
_SECRET_VALUES = re.compile(
    r"(?P<jwt>eyJ[\w-]+\.[\w-]+\.[\w-]*)|(?P<bearer>Bearer\s+\S+)|(?P<hook>whsec_[\w+/=-]+)|(?P<url>(?<=://)[^/\s:@]*:[^/\s@]+(?=@))"
)
_DEEPEST = 6
_HIDDEN = "[hidden]"
_QUIET = ("uvicorn.access", "asyncio", "sqlalchemy.engine", "nats.aio.client")

_access = structlog.get_logger("access")


def configure(format: Format = "auto", level: str = "INFO") -> None:  # noqa: A002 - the setting's word
    """Set logging up for the whole process; called once, at the door."""
    pretty = format == "pretty" or (format == "auto" and sys.stderr.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    finish: list[Processor] = (
        [redact, structlog.dev.ConsoleRenderer()]
        if pretty
        else [
            structlog.processors.dict_tracebacks,
            redact,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(serializer=_to_json),
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what must not be read in a log: by its name, or by what it looks like."""
    for name, value in event.items():
        event[name] = _redacted(name, value, 0)
    return event


def access_log(app: ASGIApp) -> ASGIApp:
    """One line per request: method, path without its query, route, status, time. No address of the caller."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        path, status, started = scope["path"], 500, time.perf_counter()

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, send_seen)
        finally:
            took = round((time.perf_counter() - started) * 1000, 2)
            route = scope.get("path_template")
            line = _access.debug if route is not None and route.startswith("/-/") else _access.info
            line("request", method=scope["method"], path=path, route=route, status=status, took_ms=took)

    return logged


def _redacted(name: str, value: Any, depth: int) -> Any:
    if _SECRET_NAMES.search(name) and value is not None and not isinstance(value, bool | int | float):
        return _HIDDEN
    if isinstance(value, str):
        return _SECRET_VALUES.sub(_HIDDEN, value)
    if isinstance(value, bytes):
        return _SECRET_VALUES.sub(_HIDDEN, value.decode("utf-8", "replace"))
    if depth < _DEEPEST and isinstance(value, dict):
        return {key: _redacted(str(key), inner, depth + 1) for key, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [_redacted("", inner, depth + 1) for inner in value]
    return value


def _to_json(event: EventDict, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


__all__ = ["Format", "access_log", "configure", "correlation_id", "redact"]
