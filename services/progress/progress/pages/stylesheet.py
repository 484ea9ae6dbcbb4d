"""The one stylesheet, cached by the name that the pages give it."""

from functools import cache

from litestar import Response, get

from edge.guarding import OPEN
from progress.pages.rendering import FOLDER


@get("/static/app.css", include_in_schema=False, opt=OPEN, sync_to_thread=False)
def app_css() -> Response[bytes]:
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(_css(), media_type="text/css", headers=headers)


@cache
def _css() -> bytes:
    return (FOLDER / "static" / "app.css").read_bytes()


HANDLERS = [app_css]
