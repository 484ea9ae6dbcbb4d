"""What is asked of the generator, and what it answers."""

from typing import Annotated, Any

import msgspec

Connections = Annotated[int, msgspec.Meta(ge=1, le=1024)]


class Job(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Ends after so many requests or seconds, whichever is first. With `rate`, so many a second begin, whether others are done or not.

    Without `rate` every connection sends its next request when the one before is answered. `scenario` names a function in
    `scenarios`, `given` its arguments; asked for again with the same ones, it goes on where it was.
    """

    port: int
    connections: Connections = 1
    requests: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 10_000_000
    seconds: Annotated[float, msgspec.Meta(gt=0, le=300)] = 60.0
    rate: Annotated[float, msgspec.Meta(gt=0, le=50_000)] | None = None
    scenario: str = "listed"
    given: dict[str, Any] = msgspec.field(default_factory=dict)


class Report(msgspec.Struct, kw_only=True):
    """Latencies in milliseconds; at a fixed rate from the moment a request was due, so that waiting counts.

    `unlike` is a first answer that was not 2xx or 304, for whoever wonders.
    """

    counts: dict[str, int]
    seconds: float
    rate: float
    p50: float
    p90: float
    p99: float
    max: float
    unlike: str | None = None


def report(counts: dict[int, int], took: list[float], seconds: float, unlike: bytes | None) -> Report:
    """From seconds each."""
    took.sort()

    def part(of: float) -> float:
        return took[min(len(took) - 1, int(len(took) * of))] * 1000 if took else 0.0

    return Report(
        counts={str(status): count for status, count in sorted(counts.items())},
        seconds=seconds,
        rate=len(took) / seconds if seconds else 0.0,
        p50=part(0.5),
        p90=part(0.9),
        p99=part(0.99),
        max=part(1.0),
        unlike=None if unlike is None else unlike.decode(errors="replace")[:2000],
    )
