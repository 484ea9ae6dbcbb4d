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
from progress.projections.moment import Answer, snapshot

VARY: Final = "Accept, Accept-Language"
_FORM: Final = "progress.form"
_FOUND: Final = "progress.found"
"""Our own keys in the state of a request."""


def tag(request: Request[Any, Any, Any], position: int) -> str:
    """The ETag of an answer to this request that holds everything up to the position."""
    return f'W/"{position}{_form(request)}"'


def ready(request: Request[Any, Any, Any], answer: Answer) -> Response[bytes]:
    """The answer as JSON, kept for whoever asks the same once more."""
    body = msgspec.json.encode(answer)
    if "at_least" not in request.query_params:
        desk(request).answers.keep(_form(request), request.scope["state"].get(_FOUND), body)
    return _response(request, answer.position, body)


async def unchanged(request: Request[Any, Any, Any]) -> Response[None] | Response[bytes] | None:
    """Before a request is answered: 304 if the asker has the answer already, the answer if it is kept here."""
    if request.method != "GET" or "at_least" in request.query_params:
        return None
    form, known = _form(request), request.headers.get("if-none-match", "")
    theirs, answers = form in known, desk(request).answers
    if not theirs and not answers.again(form):
        return None
    found = await desk(request).ask(snapshot)
    request.scope["state"][_FOUND] = found
    now = tag(request, found.position)
    if theirs and now in {one.strip() for one in known.split(",")}:
        return Response(None, status_code=304, headers={"etag": now, "vary": VARY})
    body = answers.find(form, found)
    return None if body is None else _response(request, found.position, body)


def _response(request: Request[Any, Any, Any], position: int, body: bytes) -> Response[bytes]:
    headers = {"vary": VARY, "etag": tag(request, position)}
    return Response(body, media_type="application/json", headers=headers)


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
