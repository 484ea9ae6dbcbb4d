"""Traces: a request as it is followed through all processes, told to an OTLP collector. Off unless an address is given.

Whoever is not told of it pays nothing for it: the libraries are imported, and a thread is started, only where there is an address.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge.spans import Tracing


class Traced(Protocol):
    """What of a service's settings is about traces."""

    @property
    def installation(self) -> str: ...
    @property
    def traces_url(self) -> str | None: ...
    @property
    def traces_share(self) -> float: ...


def tracing_of(settings: Traced, service: str, version: str) -> "Tracing | None":
    """None where nobody is told. What answers and what works in one process are one to those who look at traces."""
    if settings.traces_url is None:
        return None
    return _tracing(service, version, settings.installation, settings.traces_url, settings.traces_share)


@asynccontextmanager
async def kept(tracing: "Tracing | None") -> AsyncIterator[None]:
    """Told from now on; on leaving, what is not told yet is."""
    if tracing is None:
        yield
        return
    async with tracing.kept():
        yield


@lru_cache
def _tracing(service: str, version: str, installation: str, url: str, share: float) -> "Tracing":
    from edge.spans import Tracing  # noqa: PLC0415 - 0.2 s and some megabytes that only those pay who asked for it

    return Tracing(service, version, installation, url, share)
