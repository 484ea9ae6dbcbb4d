"""Prometheus metrics, one registry per app: several apps may run in one process."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from edge.guarding import OPEN

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What one app measures. Names are prefixed with the app's."""

    def __init__(self, name: str) -> None:
        self.name = name.replace("-", "_")
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = self.histogram(
            "http_request_duration_seconds", "Time to answer a request", ("method", "route", "status"), BUCKETS
        )
        self._answered: dict[tuple[str, str | None, int], Histogram] = {}
        self.in_progress = self.gauge("http_requests_in_progress", "Requests being answered now")

    def gauge(self, name: str, description: str, labels: Sequence[str] = ()) -> Gauge:
        """A number that goes up and down: a position, a lag, a queue's depth."""
        return Gauge(f"{self.name}_{name}", description, labels, registry=self.registry)

    def gauge_from(self, name: str, description: str, read: Callable[[], float]) -> Gauge:
        """A gauge read from memory whenever it is asked for."""
        gauge = self.gauge(name, description)
        gauge.set_function(read)
        return gauge

    def counter(self, name: str, description: str, labels: Sequence[str] = ()) -> Counter:
        """A number that only goes up."""
        return Counter(f"{self.name}_{name}", description, labels, registry=self.registry)

    def histogram(
        self, name: str, description: str, labels: Sequence[str] = (), buckets: Sequence[float] = BUCKETS
    ) -> Histogram:
        """How values spread, usually seconds."""
        return Histogram(f"{self.name}_{name}", description, labels, buckets=buckets, registry=self.registry)

    def route(self) -> HTTPRouteHandler:
        """The route Prometheus scrapes."""

        @get("/-/metrics", operation_id="metrics", summary="Prometheus metrics", opt=OPEN, media_type="text/plain")
        async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
            encode, content_type = choose_encoder(request.headers.get("accept", ""))
            return Response(encode(self.registry), media_type=_without_charset(content_type))

        return metrics

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request and its time, grouped by the route's template and never by the path asked for."""
        known = self._answered.get((method, route, status))
        if known is None:
            known = self.requests.labels(method if method in _METHODS else "other", route or "unmatched", status)
            if method in _METHODS:
                self._answered[method, route, status] = known
        known.observe(seconds)


def _without_charset(content_type: str) -> str:
    """Litestar adds the character set to text by itself."""
    return content_type.removesuffix("; charset=utf-8") if content_type.startswith("text/") else content_type
