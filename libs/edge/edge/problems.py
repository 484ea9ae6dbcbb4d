"""What goes wrong is said as RFC 9457 `application/problem+json`, always.

A detail says what is wrong, where, and what would be right.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.types import Scope, Send

from edge.asgi import header
from edge.correlation import correlation_id
from edge.language import Language, Text, in_language, preferred

MEDIA_TYPE = "application/problem+json"


class RowError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong in one row (1 is the first after the header) or one field."""

    row: int | None = None
    field: str | None = None
    detail: Any = ""


class Problem(Exception):
    """An answer other than the one asked for; raise it from anywhere below a route."""

    def __init__(
        self,
        status: int,
        type_slug: str,
        title: Text,
        detail: Text,
        *,
        field: str | None = None,
        errors: Iterable[RowError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(in_language(detail, "en"))
        self.status = status
        self.type_slug = type_slug
        self.title = title
        self.detail = detail
        self.field = field
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions

    def document(self, language: Language = "en", instance: str | None = None) -> dict[str, Any]:
        """The members of the problem document, in the reader's language."""
        members: dict[str, Any] = {
            "type": f"urn:ozg:problem:{self.type_slug}",
            "title": in_language(self.title, language),
            "status": self.status,
            "detail": in_language(self.detail, language),
            "instance": instance,
            "field": self.field,
            "errors": [_row(error, language) for error in self.errors] or None,
        }
        return {name: value for name, value in members.items() if value is not None} | self.extensions


class ProblemDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A problem as it is described in the OpenAPI document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    field: str | None = None
    errors: list[RowError] | None = None


def render(problem: Problem, accept_language: str = "") -> tuple[bytes, dict[str, str]]:
    """Body and headers of the answer."""
    language = preferred(accept_language)
    body = msgspec.json.encode(problem.document(language, correlation_id()), enc_hook=str)
    headers = {
        "content-type": MEDIA_TYPE,
        "content-language": language,
        "vary": "Accept-Language",
        "cache-control": "no-store",
    }
    return body, headers | {name.lower(): value for name, value in problem.headers.items()}


async def send_problem(problem: Problem, scope: Scope, send: Send) -> None:
    """Answer with a problem where no framework is at hand."""
    body, headers = render(problem, header(scope, b"accept-language"))
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def unexpected() -> Problem:
    """All that an outsider learns of a fault of ours."""
    return Problem(
        500,
        "internal",
        {"en": "Internal error", "de": "Interner Fehler"},
        {
            "en": "Something went wrong on our side. Nothing is wrong with your request; please report the `instance`.",
            "de": "Bei uns ist etwas schiefgegangen, Ihre Anfrage ist in Ordnung. Bitte melden Sie die `instance`.",
        },
    )


def not_found(path: str) -> Problem:
    """Nothing lives at this path."""
    return Problem(
        404,
        "not-found",
        {"en": "Not found", "de": "Nicht gefunden"},
        {
            "en": f"There is nothing at {path!r}. Which addresses there are is described in openapi.json.",
            "de": f"Unter {path!r} gibt es nichts. Welche Adressen es gibt, steht in openapi.json.",
        },
    )


def phrase(status: int) -> str:
    """The standard title of a status, for those that have no better one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _row(error: RowError, language: Language) -> dict[str, Any]:
    members = {"row": error.row, "field": error.field, "detail": in_language(error.detail, language)}
    return {name: value for name, value in members.items() if value is not None}
