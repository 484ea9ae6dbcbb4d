"""Everything has an end: bodies have a size, waits have a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar.types import HTTPScope, Scope

from edge.bodies import nul_refused
from edge.problems import Problem

JSON_BODY_LIMIT = 2**20
REQUEST_TIMEOUT = 30.0
TIMEOUT = "edge.timeout"
"""Where in the scope the running limit is."""
_SECONDS = "edge.seconds"


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """Give this block so long; then a 503 problem that says what took too long."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise took_too_long(what, seconds) from error


def took_too_long(what: str, seconds: float) -> Problem:
    """We did not manage in time; trying again may help."""
    return Problem(
        503,
        "took-too-long",
        {"en": "Took too long", "de": "Dauerte zu lange"},
        {
            "en": f"{what} did not finish within {seconds:g} seconds. Try again in a moment.",
            "de": f"{what}: nach {seconds:g} Sekunden nicht fertig. Bitte gleich noch einmal versuchen.",
        },
        headers={"retry-after": "2"},
    )


def give(scope: Scope, seconds: float | None) -> None:
    """Another limit for this request than others have; None for none, as for streams."""
    timeout: asyncio.Timeout = scope[TIMEOUT]  # type: ignore[literal-required]  # our own key in the ASGI scope
    timeout.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)
    scope[_SECONDS] = seconds  # type: ignore[literal-required]  # the same


def too_slow(scope: Scope, seconds: float, *, waiting: bool) -> Problem:
    """The time is up: 503, or 408 while the body was still arriving."""
    given: float = scope.get(_SECONDS, seconds)  # type: ignore[assignment]  # our own key in the ASGI scope
    return _body_too_slow(given) if waiting else took_too_long("The request", given)


def unclean(scope: HTTPScope) -> Problem | None:
    """What no route should see: a NUL in path or query, and a slash hidden as `%2F` inside a path segment."""
    if "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]:
        return nul_refused("address")
    raw = (scope.get("raw_path") or b"").partition(b"?")[0]  # some put the query there too
    return _hidden_slash() if b"%2f" in raw or b"%2F" in raw else None


def _hidden_slash() -> Problem:
    return Problem(
        404,
        "not-found",
        {"en": "Not found", "de": "Nicht gefunden"},
        {
            "en": "The path contains an encoded slash (%2F). No key has a slash in it.",
            "de": "Der Pfad enthält einen kodierten Schrägstrich (%2F). In keinem Schlüssel kommt einer vor.",
        },
    )


def _body_too_slow(seconds: float) -> Problem:
    return Problem(
        408,
        "request-timeout",
        {"en": "Request timeout", "de": "Zeitüberschreitung"},
        {
            "en": f"The body did not arrive within {seconds:g} seconds.",
            "de": f"Der Inhalt kam nicht innerhalb von {seconds:g} Sekunden an.",
        },
    )
