"""Operators look inside under `/-/`: alive, ready, version.

A *check* asks something outside (a database, a broker) and decides whether the service is ready for calls. A
*condition* is known in memory (a follower has halted): it is shown, but a restart would not mend it, so it neither
fails liveness nor takes the service out of rotation.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import msgspec
import structlog
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from edge.guarding import OPEN
from edge.problems import MEDIA_TYPE, Problem, render

Check: TypeAlias = Callable[[], Awaitable[str | None]]
Condition: TypeAlias = Callable[[], str | None]

_log = structlog.get_logger("edge.health")


class NotReady(Exception):
    """A check's own words on why it fails; they are shown. The words of other exceptions are only logged."""


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one check went."""

    status: str
    took_ms: float
    detail: str | None = None


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """What runs here."""

    name: str
    version: str
    revision: str | None = None


def health_routes(
    version: Version,
    checks: Mapping[str, Check],
    conditions: Mapping[str, Condition],
    *,
    timeout: float = 2.0,
) -> list[HTTPRouteHandler]:
    """The three routes."""

    @get("/-/health", operation_id="health", summary="Is the process alive?", opt=OPEN, sync_to_thread=False)
    def health() -> dict[str, Any]:
        troubles = _troubles(conditions)
        return {"status": "degraded" if troubles else "ok", "conditions": troubles}

    @get("/-/ready", operation_id="ready", summary="Can it take calls?", opt=OPEN)
    async def ready(request: Request[Any, Any, Any]) -> Response[Any]:
        results = await run(checks, timeout)
        troubles = _troubles(conditions)
        failed = sorted(name for name, result in results.items() if result.status != "ok")
        if failed:
            problem = Problem(
                503,
                "not-ready",
                {"en": "Not ready", "de": "Nicht bereit"},
                {"en": f"Failing: {', '.join(failed)}.", "de": f"Es hakt bei: {', '.join(failed)}."},
                checks=results,
                conditions=troubles,
            )
            body, headers = render(problem, request.headers.get("accept-language", ""))
            return Response(body, status_code=503, headers=headers | {"retry-after": "5"}, media_type=MEDIA_TYPE)
        status = "degraded" if troubles else "ready"
        return Response({"status": status, "checks": results, "conditions": troubles})

    @get("/-/version", operation_id="version", summary="Which version runs?", opt=OPEN, sync_to_thread=False)
    def version_() -> Version:
        return version

    return [health, ready, version_]


async def run(checks: Mapping[str, Check], limit: float) -> dict[str, Result]:
    """All checks at once, each within its time."""
    results = await asyncio.gather(*(_run_one(name, check, limit) for name, check in checks.items()))
    return dict(zip(checks, results, strict=True))


async def _run_one(name: str, check: Check, limit: float) -> Result:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(limit):
            said = await check()
    except TimeoutError:
        return Result("failed", _since(started), f"no answer within {limit:g} s")
    except NotReady as reason:
        return Result("failed", _since(started), str(reason))
    except Exception as error:  # noqa: BLE001 - a check may fail in any way; what it said stays in the log
        _log.warning("check_failed", check=name, exc_info=error)
        return Result("failed", _since(started), type(error).__name__)
    return Result("ok", _since(started), said)


def _troubles(conditions: Mapping[str, Condition]) -> dict[str, str]:
    said = {name: condition() for name, condition in conditions.items()}
    return {name: trouble for name, trouble in said.items() if trouble}


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
