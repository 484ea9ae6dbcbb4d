"""Logs are JSON lines, one per event, or coloured lines on a terminal; secrets never get in.

What other libraries say through `logging` goes through the same renderer.
"""

import logging
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Format: TypeAlias = Literal["auto", "json", "pretty"]

_SECRET_NAMES = re.compile(
    r"authorization|cookie|password|passwd|secret|token(?!_count)|api_?key|private_?key|signature", re.IGNORECASE
)
_SECRET_VALUES = re.compile(
    r"(?P<jwt>eyJ[\w-]+\.[\w-]+\.[\w-]*)|(?P<bearer>[Bb]earer\s+\S+)|(?P<hook>whsec_[\w+/=-]+)|(?P<url>(?<=://)[^/\s:@]*:[^/\s@]+(?=@))"
)
_MAY_BE_SECRET = re.compile(r"eyJ|[Bb]earer|whsec_|://").search
_FORMAT_TRACE = structlog.processors.ExceptionRenderer()
_ENCODER = msgspec.json.Encoder(enc_hook=repr)
_CONSOLE = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
_DEEPEST = 6
_HIDDEN = "[hidden]"
_QUIET = ("uvicorn.access", "asyncio", "sqlalchemy.engine", "nats.aio.client")

_plain_requests = False
_access = structlog.get_logger("access")


def configure(format: Format = "auto", level: str = "INFO") -> None:  # noqa: A002 - the setting's word
    """Set logging up for the whole process; called once, at the door."""
    global _plain_requests  # noqa: PLW0603  set up once for the process, as structlog itself is
    pretty = format == "pretty" or (format == "auto" and sys.stderr.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    _plain_requests = not pretty and number <= logging.INFO
    gather: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    write: list[Processor] = [_plain_trace, redact, _CONSOLE if pretty else _to_json]
    structlog.configure(
        processors=[*gather, *write],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_Lines,
        cache_logger_on_first_use=False,  # the loggers of modules must hear of a later configuration
    )
    _send_logging_through(gather, write, number)


def _send_logging_through(gather: list[Processor], write: list[Processor], number: int) -> None:
    """Lines of libraries that use `logging` look like ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*gather, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *write],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


class _Request(msgspec.Struct):
    """The line that is written most, in the form in which all others are, without the way through the processors."""

    method: str
    path: str
    route: str | None
    status: int
    took_ms: float
    correlation_id: str | None
    timestamp: datetime
    logger: str = "access"
    level: str = "info"
    message: str = "request"


class _Lines:
    """Writes lines straight to standard error, without the way through `logging`, which costs several times as much."""

    def __init__(self, *names: str) -> None:
        self.name = names[0] if names else "root"

    def msg(self, line: str) -> None:
        """Write it."""
        _write(line)

    log = debug = info = warn = warning = error = critical = exception = fatal = msg


def _write(line: str) -> None:
    """A log that cannot be written must not break the work."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what must not be read in a log: by its name, or by what it looks like."""
    for name, value in event.items():
        event[name] = _redacted(name, value, 0)
    return event


def log_request(method: str, path: str, route: str | None, status: int, seconds: float) -> None:
    """One line per request: method, path without its query, route, status, time. No address of the caller."""
    took = round(seconds * 1000, 2)
    if (route or "").startswith("/-/"):
        _access.debug("request", method=method, path=path, route=route, status=status, took_ms=took)
    elif not _plain_requests:
        _access.info("request", method=method, path=path, route=route, status=status, took_ms=took)
    else:
        correlation = structlog.contextvars.get_contextvars().get("correlation_id")
        shown = _SECRET_VALUES.sub(_HIDDEN, path) if _MAY_BE_SECRET(path) else path
        _write(_ENCODER.encode(_Request(method, shown, route, status, took, correlation, datetime.now(UTC))).decode())


def _redacted(name: str, value: Any, depth: int) -> Any:
    if _is_secret(name) and isinstance(value, str | bytes | dict | list | tuple):
        return _HIDDEN
    if isinstance(value, str):
        return _SECRET_VALUES.sub(_HIDDEN, value) if _MAY_BE_SECRET(value) else value
    if isinstance(value, bytes):
        return _redacted(name, value.decode("utf-8", "replace"), depth)
    if depth < _DEEPEST and isinstance(value, dict):
        return {key: _redacted(str(key), inner, depth + 1) for key, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [_redacted("", inner, depth + 1) for inner in value]
    return value


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def _plain_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The trace as text; local variables stay out, they hold what people sent."""
    return _FORMAT_TRACE(_, __, event) if "exc_info" in event else event


def _to_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    event["message"] = event.pop("event", None)
    return _ENCODER.encode(event).decode()
