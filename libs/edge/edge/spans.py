"""Spans as OpenTelemetry has them. Import it only where somebody is told (see `tracing`).

What is told are names of routes and deeds, counts, positions and ids. No path, no query, no header, no body, no address: whoever looks at
traces need not be trusted with what people send.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Literal, Protocol, Self

import structlog
from litestar.types import HTTPScope
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from edge.correlation import caused_by, correlation_id, traceparent, uuid7

log = structlog.get_logger("edge")

Kind = Literal["internal", "producer", "consumer", "client"]

FOLLOWED: Final = timedelta(hours=1)
"""What happens longer after its cause (a rebuild, a stream that is refilled) is history and told to nobody."""
MOST: Final = 100
"""In so many traces a batch is told."""
QUEUE: Final = 4096
"""So many spans wait while the collector is away; of more the oldest are lost."""
EXPORT_SECONDS: Final = 5
_METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
}
_FOLLOWED: Final = frozenset("13579bdf")
"""How a trace context ends that somebody follows: the lowest bit is set."""
_CONVENTIONS: Final = {"status": "http.response.status_code", "error": "error.type"}
"""Where OpenTelemetry has a name of its own; everything else begins with `ozg.`"""


class Cause(Protocol):
    """What has a trace it belongs to, and a time."""

    @property
    def traceparent(self) -> str | None: ...
    @property
    def time(self) -> datetime: ...


class Tracing:
    """One per service and process. Enter `kept` to tell; before and after it nothing is told."""

    def __init__(self, service: str, version: str, installation: str, url: str, share: float) -> None:
        self._about = {"service.name": service, "service.namespace": installation, "service.version": version}
        self._url = url
        self._share = share
        self._provider: TracerProvider | None = None
        self._exporter: _Once
        self._tracer: Tracer | None = None
        self._users = 0

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """May be entered several times; the last one to leave waits, for a bounded time, until all is told."""
        if self._provider is None:
            self._begin()
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if self._users == 0 and self._provider is not None:
                provider, self._provider, self._tracer = self._provider, None, None
                self._exporter.leaving = True
                await asyncio.to_thread(provider.shutdown)

    def asked(self, method: str) -> "Call | None":
        """A request came in. Its trace context says whether it is followed; of those without one so many are as is set.

        Either way, what it causes names us, and whether it is followed.
        """
        if self._tracer is None:
            return None
        shown = method if method in _METHODS else "_OTHER"
        span = self._tracer.start_span(shown, _context(_parsed(traceparent())), SpanKind.SERVER)
        caused_by(_traceparent(span))
        return Call(shown, span)

    def during(self, what: str, causes: Iterable[Cause], kind: Kind = "internal", **attributes: str | int) -> "Spans":
        """Something that is done because of these, in the trace of each that is followed."""
        spans: dict[str, Span] = {}
        tracer = self._tracer
        if tracer is not None:
            latest = datetime.now(UTC) - FOLLOWED
            for cause in causes:
                named = cause.traceparent
                if named is None or named[-1:] not in _FOLLOWED or named in spans or cause.time < latest:
                    continue
                parent = _parsed(named)
                if parent is not None:
                    spans[named] = tracer.start_span(what, _context(parent), _KINDS[kind])
                    if len(spans) == MOST:
                        break
        told = Spans(spans)
        told.note(**attributes)
        return told

    def _begin(self) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says of each batch that it did not arrive
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(self._share)),
            resource=Resource.create(self._about | {"service.instance.id": str(uuid7())}),
            shutdown_on_exit=False,
        )
        self._exporter = _Once(OTLPSpanExporter(endpoint=self._url, timeout=EXPORT_SECONDS))
        self._provider.add_span_processor(
            BatchSpanProcessor(
                self._exporter, max_queue_size=QUEUE, schedule_delay_millis=1000, max_export_batch_size=512
            )
        )
        self._tracer = self._provider.get_tracer("ozg")


class Call:
    """A request while it is answered."""

    __slots__ = ("_method", "_span")

    def __init__(self, method: str, span: Span) -> None:
        self._method = method
        self._span = span

    def answered(self, scope: HTTPScope, status: int) -> None:
        """It is over. A span that never ends is never told: what machines ask every second is of no interest."""
        span = self._span
        route: str | None = scope.get("path_template")
        if not span.is_recording() or (route or "").startswith("/-/"):
            return
        if not getattr(scope.get("route_handler"), "opt", {}).get("traced", True):
            return
        span.set_attribute("http.request.method", self._method)
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("ozg.correlation_id", correlation_id() or "")
        if route is not None:
            span.update_name(f"{self._method} {route}")
            span.set_attribute("http.route", route)
        if status >= 500:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))
        span.end()


class Spans:
    """What is done, in each of the traces in which it is told."""

    __slots__ = ("_spans",)

    def __init__(self, spans: dict[str, Span]) -> None:
        self._spans = spans

    def within(self, traceparent: str | None) -> str | None:
        """What to name as the cause of what happens in its course."""
        span = self._spans.get(traceparent) if traceparent is not None else None
        return traceparent if span is None else _traceparent(span)

    def note(self, **attributes: str | int) -> None:
        """What is known of it."""
        named = {_CONVENTIONS.get(name, f"ozg.{name}"): value for name, value in attributes.items()}
        for span in self._spans.values():
            span.set_attributes(named)

    def drop(self) -> None:
        """It was nothing: a span that never ends is never told."""
        self._spans = {}

    def fail(self, why: str) -> None:
        """It went wrong; `why` is the kind of failure, never its text."""
        self.note(error=why)
        for span in self._spans.values():
            span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        """It is over."""
        for span in self._spans.values():
            span.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.fail(kind.__name__)
        self.end()


class _Once(SpanExporter):
    """Says once that the collector is away, and once that it is back. Whoever is `leaving` waits for none that is away."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.leaving = False
        self._exporter = exporter
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.leaving and self._away:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away != self._away:
            self._away = away
            if away:
                log.warning("traces do not reach the collector; they are lost until it answers")
            else:
                log.info("traces reach the collector again")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _parsed(traceparent: str | None) -> SpanContext | None:
    """None for what is no trace context."""
    if traceparent is None:
        return None
    try:
        _, trace, span, flags = traceparent.split("-")
        found = SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    except ValueError:
        return None
    return found if found.is_valid else None


def _context(parent: SpanContext | None) -> Context:
    return Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & TraceFlags.SAMPLED:02x}"
