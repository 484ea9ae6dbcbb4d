"""Nothing new: whoever says which answer they have is told so after a look at the position, without the answer being made.

The tag of an answer is its position, the day on which it was asked, and what was asked in which form of which version.
"""

import hashlib
from typing import Any, Final

from litestar import Request, Response

from progress import __version__
from progress.desk import desk
from progress.projections.moment import position

VARY: Final = "Accept, Accept-Language"


def tag(request: Request[Any, Any, Any], position: int) -> str:
    """The ETag of an answer to this request that holds everything up to the position."""
    return f'W/"{position}{_form(request)}"'


async def unchanged(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Before a request is answered: 304 if the asker has the answer already."""
    known = request.headers.get("if-none-match", "")
    if not known or "at_least" in request.query_params or _form(request) not in known:
        return None
    async with desk(request).reading() as connection:
        now = tag(request, await position(connection))
    if now not in {one.strip() for one in known.split(",")}:
        return None
    return Response(None, status_code=304, headers={"etag": now, "vary": VARY})


def _form(request: Request[Any, Any, Any]) -> str:
    scope, headers = request.scope, request.headers
    asked = (
        *(__version__, scope["path"], scope["query_string"].decode("latin-1")),
        *(headers.get("accept", ""), headers.get("accept-language", "")),
    )
    return f"-{desk(request).today()}-{hashlib.blake2s(repr(asked).encode(), digest_size=6).hexdigest()}"
