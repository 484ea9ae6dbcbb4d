"""Sequences of requests, ready to be sent: bytes, made before the clock runs or cheaply while it does."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

import msgspec

from bench.appending.cells import cells

Scenario = Callable[..., Awaitable[Iterator[bytes]]]
ALL: dict[str, Scenario] = {}


def scenario(act: Scenario) -> Scenario:
    """Known by its function's name."""
    ALL[act.__name__] = act
    return act


def ready(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method not in {"GET", "HEAD"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@scenario
async def listed(requests: Sequence[Mapping[str, Any]], headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """Those, one after the other, again and again: `{"path", "method", "body", "headers"}`; a body that is no text is sent as JSON."""
    return cycle([_one(request, headers or {}) for request in requests])


@scenario
async def statuses(
    database: str, prefix: str, headers: Mapping[str, str], part: int = 0, parts: int = 1
) -> Iterator[bytes]:
    """`PUT …/status` of one cell after the other, none of which has one yet; the catalog's database says which there are."""
    body = msgspec.json.encode(
        {
            "phase": "live",
            "effective_on": "2026-10-01",
            "maturity": {"model": "ozg-1.1", "level": 3},
            "online_url": "https://service.example/online",
        }
    )
    with_type = {"Content-Type": "application/json", **headers}
    return (
        ready("PUT", f"{prefix}/municipalities/{municipality}/services/{service}/status", with_type, body)
        for municipality, service in await cells(database, part, parts)
    )


def _one(request: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
    body = request.get("body", "")
    sent = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    typed = {"Content-Type": "application/json"} if sent else {}
    return ready(
        request.get("method", "GET"), request["path"], {**typed, **headers, **request.get("headers", {})}, sent
    )
