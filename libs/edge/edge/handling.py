"""Every exception that reaches the edge becomes a problem; an unexpected one tells nothing but its id."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from edge.bodies import INVALID
from edge.explaining import explain
from edge.headers import allow
from edge.language import Text, in_language
from edge.outages import OUTAGES
from edge.problems import Problem, RowError, not_found, phrase, render, unexpected

_log = structlog.get_logger("edge")


def problem_handlers(
    refusals: Mapping[type[Exception], Callable[[Any], Problem]] | None = None,
) -> ExceptionHandlersMap:
    """What `Litestar(exception_handlers=…)` needs; `refusals` says how a service's own refusals read as problems."""
    handlers: ExceptionHandlersMap = {
        Problem: _answer,
        HTTPException: _from_framework,
        Exception: _unexpected,
    }
    for refusal, to_problem in {**OUTAGES, **(refusals or {})}.items():
        handlers[refusal] = _refusal_handler(to_problem)
    return handlers


def from_http_exception(error: HTTPException, request: Request[Any, Any, Any]) -> Problem:
    """The problem a refusal of the framework's becomes."""
    if isinstance(error, ValidationException):
        return _from_validation(error, request)
    make = _KNOWN.get(error.status_code)
    problem = (
        make(request) if make else Problem(error.status_code, _slug(error), phrase(error.status_code), error.detail)
    )
    problem.headers |= error.headers or {}
    if "allow" in problem.headers:
        problem.headers["allow"] = allow(problem.headers["allow"].split(","))
    return problem


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    body, headers = render(problem, request.headers.get("accept-language", ""))
    media_type = headers.pop("content-type")
    return Response(body, status_code=problem.status, headers=headers, media_type=media_type)


def _refusal_handler(
    to_problem: Callable[[Any], Problem],
) -> Callable[[Request[Any, Any, Any], Exception], Response[bytes]]:
    return lambda request, refusal: _answer(request, to_problem(refusal))


def _from_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if error.detail == "client disconnected prematurely":
        return _answer(request, Problem(400, "disconnected", "Disconnected", "The body ended before it was complete."))
    if error.status_code >= 500:
        return _unexpected(request, error)
    return _answer(request, from_http_exception(error, request))


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.error("unexpected_exception", method=request.method, path=request.scope["path"], exc_info=error)
    return _answer(request, unexpected())


def _from_validation(error: ValidationException, request: Request[Any, Any, Any]) -> Problem:
    complaints = error.extra if isinstance(error.extra, list) else []
    if not complaints:
        return Problem(400, "invalid-request", INVALID, _missing_parameter(error.detail))
    errors = [_row(complaint, request) for complaint in complaints]
    first = errors[0]
    detail: Text = {
        language: "; ".join(
            f"{row.field}: {in_language(row.detail, language)}" if row.field else in_language(row.detail, language)
            for row in errors
        )
        for language in ("en", "de")
    }
    return Problem(400, "invalid-request", INVALID, detail, field=first.field, errors=errors)


def _row(complaint: dict[str, Any], request: Request[Any, Any, Any]) -> RowError:
    field = complaint.get("key")
    said = str(complaint.get("message", ""))
    if field == "data" and said == repr("data"):  # the framework's way of saying that there is none
        return RowError(detail=_NO_BODY)
    signature = request.scope["route_handler"].signature_model
    return RowError(field=field, detail=explain(said, signature, field))


def _missing_parameter(detail: str) -> Text:
    before_path = detail.split(" for path ", maxsplit=1)[0].split(" for url ", maxsplit=1)[0]
    return {"en": f"{before_path}.", "de": f"Es fehlt eine Pflichtangabe: {before_path}."}


def _no_such_method(request: Request[Any, Any, Any]) -> Problem:
    return Problem(
        405,
        "method-not-allowed",
        {"en": "Method not allowed", "de": "Methode nicht erlaubt"},
        {
            "en": f"{request.method} does nothing here; the `Allow` header lists what does.",
            "de": f"{request.method} gibt es hier nicht; was es gibt, steht im Header `Allow`.",
        },
    )


def _too_large(request: Request[Any, Any, Any]) -> Problem:
    limit = request.route_handler.resolve_request_max_body_size()
    shown = f"{limit / 2**20:g} MiB" if isinstance(limit, int) else "its limit"
    return Problem(
        413,
        "too-large",
        {"en": "Body too large", "de": "Inhalt zu groß"},
        {
            "en": f"The body is larger than {shown}. Send it in several parts.",
            "de": f"Der Inhalt ist größer als {shown}. Bitte in mehreren Teilen senden.",
        },
        limit=limit,
    )


def _slug(error: HTTPException) -> str:
    return phrase(error.status_code).lower().replace(" ", "-")


_NO_BODY: Text = {
    "en": "The request has no body; this address needs one in JSON.",
    "de": "Die Anfrage hat keinen Inhalt; hier wird JSON gebraucht.",
}
_KNOWN: dict[int, Callable[[Request[Any, Any, Any]], Problem]] = {
    404: lambda request: not_found(request.scope["path"]),
    405: _no_such_method,
    413: _too_large,
}
