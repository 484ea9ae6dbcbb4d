"""Pages for people who read the API: Swagger UI from an installed package, nothing from anywhere else.

No inline script and no inline style, so the strictest content security policy holds.
"""

import gzip
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from edge.guarding import OPEN
from edge.headers import PAGE_POLICY
from edge.problems import not_found

_PACKAGE = "mkdocs_swagger_ui_tag"
_ASSETS = {
    "swagger-ui.css": ("stylesheets/swagger-ui.css", "text/css"),
    "swagger-ui.js": ("javascripts/swagger-ui-bundle.js", "text/javascript"),
}
_START = """\
const source = document.currentScript.dataset.document;
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: source,
    dom_id: "#api",
    deepLinking: true,
    docExpansion: "list",
    displayRequestDuration: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
});
"""
_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} {{ version }}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{ root }}/docs/assets/swagger-ui.css">
<script src="{{ root }}/docs/assets/swagger-ui.js" defer></script>
<script src="{{ root }}/docs/assets/start.js" data-document="{{ root }}/openapi.json"></script>
</head>
<body>
<main id="api"><noscript><h1>{{ title }}</h1>
<p>This page needs JavaScript. The same in JSON: <a href="{{ root }}/openapi.json">openapi.json</a></p>
</noscript></main>
</body>
</html>
""")


def docs_routes(title: str, version: str) -> list[HTTPRouteHandler]:
    """The page `/docs` and the files it needs."""
    headers = {"content-security-policy": PAGE_POLICY}

    @get("/docs", include_in_schema=False, opt=OPEN, media_type="text/html", sync_to_thread=False)
    def docs(request: Request[Any, Any, Any]) -> Response[str]:
        root = request.scope.get("root_path", "").rstrip("/")
        html = _PAGE.render(title=title, version=version, root=root)
        return Response(html, media_type="text/html", headers=headers)

    @get("/docs/assets/{name:str}", include_in_schema=False, opt=OPEN, sync_to_thread=True)
    def docs_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        if name not in _ASSETS and name != "start.js":
            raise not_found(request.scope["path"])
        packed = "gzip" in request.headers.get("accept-encoding", "")
        kind = "text/javascript" if name == "start.js" else _ASSETS[name][1]
        sent = {"cache-control": "public, max-age=86400", "vary": "Accept-Encoding"}
        if packed:
            sent["content-encoding"] = "gzip"
        return Response(_asset(name, packed), media_type=kind, headers=sent)

    return [docs, docs_asset]


@lru_cache(maxsize=8)
def _asset(name: str, packed: bool) -> bytes:
    content = _START.encode() if name == "start.js" else (_folder() / _ASSETS[name][0]).read_bytes()
    return gzip.compress(content, mtime=0) if packed else content


def _folder() -> Path:
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        message = f"the package {_PACKAGE} that brings Swagger UI is not installed"
        raise FileNotFoundError(message)
    return Path(next(iter(found.submodule_search_locations))) / "swagger-ui"
