"""Lists are read in pages: `limit` says how many, `after` goes on where the last page ended.

A cursor is opaque to callers and holds the sort key of the last item, so pages neither repeat nor skip when rows
are added. `Link: rel="next"` keeps every other query parameter.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from litestar import Request, Response
from litestar.di import Provide
from litestar.params import QueryParameter

from edge.problems import Problem

T = TypeVar("T")
K = TypeVar("K")
LONGEST_CURSOR = 2048
_PATH_SAFE = "/:@!$&'()*+,;=-._~"


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list; `next` is the `after` of the next page, null on the last."""

    items: list[T]
    next: str | None


class Paging(msgspec.Struct, frozen=True):
    """The page asked for."""

    limit: int
    after: str | None = None

    def after_as(self, kind: type[K]) -> K | None:
        """The sort key to go on from, or a problem if the cursor is not one of ours."""
        return None if self.after is None else read_cursor(self.after, kind)


def paging(default: int = 100, maximum: int = 1000) -> Provide:
    """The dependency `paging`, with this route's sizes."""

    def provide_paging(
        limit: Annotated[int, QueryParameter(ge=1, le=maximum, description="how many items at most")] = default,
        after: Annotated[
            str | None, QueryParameter(max_length=LONGEST_CURSOR, description="`next` of the page before")
        ] = None,
    ) -> Paging:
        return Paging(limit, after or None)

    return Provide(provide_paging, sync_to_thread=False)


def cursor(key: Any) -> str:
    """The cursor for a sort key (a tuple of text, numbers, dates)."""
    return urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def read_cursor(text: str, kind: type[K]) -> K:
    """The sort key in a cursor, or a problem."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if b"\\u0000" in raw:
            raise ValueError  # noqa: TRY301 - a NUL cannot be compared with anything stored
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.DecodeError) as error:
        raise Problem(
            400,
            "bad-cursor",
            {"en": "Unknown cursor", "de": "Unbekannter Cursor"},
            {
                "en": "`after` must be the `next` of an earlier page of this same list. Leave it out for the first page.",
                "de": "`after` muss das `next` einer früheren Seite derselben Liste sein; für die erste entfällt es.",
            },
            field="after",
        ) from error


def page(
    request: Request[Any, Any, Any],
    items: Sequence[T],
    next_key: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response[Page[T]]:
    """The answer: the items, the cursor of the next page (from the last item's sort key) and its `Link`."""
    following = None if next_key is None else cursor(next_key)
    links = {} if following is None else {"link": f'<{link(request, after=following)}>; rel="next"'}
    return Response(Page(list(items), following), headers=links | dict(headers or {}))


def sliced(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """For queries that ask for `limit + 1` rows: the page, and whether there is more."""
    return rows[:limit], len(rows) > limit


def link(request: Request[Any, Any, Any], **changed: str | None) -> str:
    """This request's address as the outside sees it, with query parameters replaced (None: left out)."""
    given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in given if name not in changed]
    query = urlencode([*kept, *((name, value) for name, value in changed.items() if value is not None)])
    return address(request, request.scope["path"]) + (f"?{query}" if query else "")


def address(request: Request[Any, Any, Any], path: str) -> str:
    """The public address of a path of this app: below its prefix, absolute where the installation has a public URL."""
    public_url = request.app.state.get("public_url") or ""
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{public_url.rstrip('/')}{quote(root, _PATH_SAFE)}{quote(path, _PATH_SAFE)}"
