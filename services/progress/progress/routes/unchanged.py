"""Nothing new: who says which answer they have is told so, and who asks what was asked before gets the answer made then.

Either takes a look at the state of the read models, and no new answer.

The tag of an answer is its position, the day on which it was asked, and what was asked in which form of which version.
"""

import hashlib
from typing import Any, Final

import msgspec
from litestar import Request, Response

from edge.sessions import token_of
from progress import __version__
from progress.desk import desk
from progress.projections.moment import Answer, Snapshot, snapshot

VARY: Final = "Accept, Accept-Language"
_PICTURES: Final = {"svg": "image/svg+xml", "png": "image/png"}
_FORM: Final = "progress.form"
_FOUND: Final = "progress.found"
"""Our own keys in the state of a request."""


def tag(request: Request[Any, Any, Any], position: int, also: str = "") -> str:
    """The ETag of an answer to this request that holds everything up to the position, and what `also` stands for."""
    return f'W/"{position}{also}{_form(request)}"'


def ready(request: Request[Any, Any, Any], answer: Answer) -> Response[bytes]:
    """The answer as JSON, kept for whoever asks the same once more."""
    return kept(request, answer.position, msgspec.json.encode(answer))


def kept(request: Request[Any, Any, Any], position: int, body: bytes) -> Response[bytes]:
    """Whatever was made of everything up to the position, kept likewise: JSON, or the picture that the path names."""
    if "at_least" not in request.query_params:
        desk(request).answers.keep(_form(request), request.scope["state"].get(_FOUND), body)
    return _response(request, position, body)


async def unchanged(request: Request[Any, Any, Any]) -> Response[None] | Response[bytes] | None:
    """Before a request is answered: 304 if the asker has the answer already, the answer if it is kept here."""
    if request.method != "GET" or "at_least" in request.query_params:
        return None
    form, answers = _form(request), desk(request).answers
    theirs = form in request.headers.get("if-none-match", "")
    if not theirs and not answers.again(form):
        return None
    found = await desk(request).ask(snapshot)
    request.scope["state"][_FOUND] = found
    if theirs and (same := _same(request, tag(request, found.position))) is not None:
        return same
    body = answers.find(form, found)
    return None if body is None else _response(request, found.position, body)


def not_modified(request: Request[Any, Any, Any], also: str) -> Response[None] | None:
    """304 if the asker has the answer with what it also depends on; otherwise it is to be made."""
    found: Snapshot | None = request.scope["state"].get(_FOUND)
    return None if found is None else _same(request, tag(request, found.position, also))


def _same(request: Request[Any, Any, Any], now: str) -> Response[None] | None:
    if now not in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
        return None
    return Response(None, status_code=304, headers={"etag": now, "vary": VARY})


def _response(request: Request[Any, Any, Any], position: int, body: bytes) -> Response[bytes]:
    headers = {"vary": VARY, "etag": tag(request, position)}
    kind = _PICTURES.get(request.scope["path"].rpartition(".")[2], "application/json")
    return Response(body, media_type=kind, headers=headers)


def _form(request: Request[Any, Any, Any]) -> str:
    """What is asked, how and on which day; found out once for each request."""
    scope = request.scope
    form: str | None = scope["state"].get(_FORM)
    if form is None:
        headers = request.headers
        asked = (
            *(__version__, scope["path"], scope["query_string"].decode("latin-1")),
            *(headers.get("accept", ""), headers.get("accept-language", ""), token_of(scope)),
        )
        form = f"-{desk(request).today()}-{hashlib.blake2s(repr(asked).encode(), digest_size=16).hexdigest()}"
        scope["state"][_FORM] = form
    return form
