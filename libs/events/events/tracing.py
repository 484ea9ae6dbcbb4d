"""How what happens because of an event is told to whoever follows a request through all processes.

Each event names in `traceparent` (W3C Trace Context) what caused it, and whether anybody follows that. Whom it is told to is decided at
the door; here stands only what is asked of a `Tracer`. Without one nothing is looked at and nothing is told.
"""

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

import msgspec

Kind = Literal["internal", "producer", "consumer", "client"]


class Cause(Protocol):
    """An event, or whatever else knows the trace it belongs to and since when."""

    @property
    def traceparent(self) -> str | None: ...
    @property
    def time(self) -> datetime: ...


class Spans(Protocol):
    """Something that happens, as it is told in each of the traces it belongs to. Over at the end of `with`, or with `end`."""

    def within(self, traceparent: str | None) -> str | None:
        """What to name as the cause of what happens in its course; where nobody follows, what was named before."""

    def note(self, **attributes: str | int) -> None:
        """What is known only later."""

    def drop(self) -> None:
        """It turned out to be nothing."""

    def end(self) -> None:
        """Now."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracer(Protocol):
    """Whoever is told."""

    def during(self, what: str, causes: Iterable[Cause], kind: Kind = "internal", **attributes: str | int) -> Spans:
        """It begins now. Attributes are counts, positions and ids: no texts that people wrote, no addresses, no secrets."""


class Origin(NamedTuple):
    """The cause of something that is no event yet."""

    traceparent: str | None
    time: datetime


class _Origin(msgspec.Struct):
    time: datetime
    traceparent: str | None = None


_decode = msgspec.json.Decoder(_Origin).decode


def origins(documents: Iterable[bytes]) -> list[Cause]:
    """What caused these events, in whose stored bytes it stands."""
    return [_decode(document) for document in documents]
