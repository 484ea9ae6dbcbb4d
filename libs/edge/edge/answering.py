"""What holds for every answer, even where no route was found: an id, an end, headers, a measurement, a line in the log.

All in one wrapper: a wrapper for each costs more than what it does.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from edge.asgi import is_http
from edge.correlation import begin, end
from edge.entering import Entrance
from edge.headers import allowing, answering_head
from edge.limits import TIMEOUT, too_slow, unclean
from edge.logs import log_request
from edge.metrics import Metrics
from edge.problems import send_problem, unexpected

if TYPE_CHECKING:
    from edge.spans import Tracing

_log = structlog.get_logger("edge")


class Answering:
    """An app with all that around it. `methods` are those of each path; `seconds` is the limit unless a route has its own."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        new_id: Callable[[], uuid.UUID],
        headers: Mapping[str, str],
        methods: Mapping[str, set[str]],
        seconds: float,
        entrance: Entrance | None = None,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._app = app
        self._odd = answering_head(allowing(app, methods))
        self._metrics = metrics
        self._new_id = new_id
        self._headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        self._seconds = seconds
        self._entrance = entrance
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not is_http(scope):
            await self._app(scope, receive, send)
            return
        correlation = begin(scope, self._new_id)
        told = None if self._tracing is None else self._tracing.asked(scope["method"])
        headers = (
            self._headers if correlation is None else [*self._headers, (b"x-correlation-id", correlation.encode())]
        )
        call = _Call(receive, send, headers)
        path, began = scope["path"], time.perf_counter()
        self._metrics.in_progress.inc()
        try:
            await self._answer(scope, call)
        finally:
            took, route = time.perf_counter() - began, scope.get("path_template")
            self._metrics.in_progress.dec()
            self._metrics.answered(scope["method"], route, call.status, took)
            log_request(scope["method"], path, route, call.status, took)
            if told is not None:
                told.answered(scope, call.status)
            if correlation is not None:
                end()

    async def _answer(self, scope: HTTPScope, call: "_Call") -> None:
        app = self._odd if scope["method"] in {"HEAD", "OPTIONS"} else self._app
        timeout = asyncio.timeout(self._seconds)
        scope[TIMEOUT] = timeout  # type: ignore[literal-required]  # our own key in the ASGI scope
        try:
            async with timeout:
                problem = unclean(scope)
                if problem is None and self._entrance is not None:
                    more, problem = await self._entrance.enter(scope)
                    call.headers = [*call.headers, *more]
                if problem is not None:
                    await send_problem(problem, scope, call.send)
                else:
                    await app(scope, call.receive, call.send)
        except Exception as error:
            if call.started:
                raise
            if isinstance(error, TimeoutError) and timeout.expired():
                await send_problem(too_slow(scope, self._seconds, waiting=call.waiting), scope, call.send)
            else:
                _log.error("unexpected_exception", path=scope["path"], exc_info=error)
                await send_problem(unexpected(), scope, call.send)


class _Call:
    """What is seen of one request and its answer in passing."""

    __slots__ = ("_receive", "_send", "headers", "started", "status", "waiting")

    def __init__(self, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._receive = receive
        self._send = send
        self.headers = headers
        self.started = False
        self.status = 500
        self.waiting = False

    async def receive(self) -> Any:
        """Whether it is the caller who makes us wait."""
        self.waiting = True
        message = await self._receive()
        self.waiting = False
        return message

    async def send(self, message: Message) -> None:
        """The start of the answer with the headers that it does not have yet."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            there = list(message["headers"])
            names = {name for name, _ in there}
            message["headers"] = there + [pair for pair in self.headers if pair[0] not in names]
        await self._send(message)
