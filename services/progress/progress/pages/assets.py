"""Styles, fonts and scripts, served here under names that change with what is in them, so that they may be kept for a year.

KERN and the fonts are built when the program is set up; without them the pages do with our own styles.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from edge.guarding import OPEN

FOLDER: Final = Path(__file__).parent
BUILT: Final = FOLDER / "built"
STYLES: Final = ("colours", "ground", "frame", "figures", "pictures", "tables", "town", "forms", "alerts", "narrow")
WEIGHTS: Final = {"regular": 400, "medium": 500, "semibold": 600}
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {"css": "text/css", "woff2": "font/woff2", "js": "text/javascript"}


class Asset(NamedTuple):
    """A file as it is served: `name` with the digest of its content in it."""

    name: str
    kind: str
    body: bytes


def address(of: str) -> str:
    """The name under `/static/` of `pages.css`, `pages.js` or a font; empty where there is none."""
    found = _assets(BUILT).get(of)
    return "" if found is None else found.name


@get("/static/{name:str}", include_in_schema=False, opt=OPEN, sync_to_thread=False)
def show_asset(name: FromPath[str]) -> Response[bytes]:
    """Under an older name what is there now: a page kept by somebody must not lose its styles."""
    plain = ".".join([*name.split(".")[:1], *name.split(".")[-1:]])
    found = _assets(BUILT).get(plain)
    if found is None:
        return Response(b"", status_code=404, media_type="text/plain")
    kept = _FOR_A_YEAR if name == found.name else "no-cache"
    return Response(found.body, media_type=found.kind, headers={"cache-control": kept})


@cache
def _assets(built: Path) -> dict[str, Asset]:
    found = {one: _asset(one, body) for one, body in _fonts(built)}
    found["pages.js"] = _asset("pages.js", (FOLDER / "static" / "pages.js").read_bytes())
    found["pages.css"] = _asset("pages.css", _stylesheet(built, found))
    return found


def _fonts(built: Path) -> Iterator[tuple[str, bytes]]:
    for weight in WEIGHTS:
        path = built / f"fira-{weight}.woff2"
        if path.exists():
            yield path.name, path.read_bytes()


def _stylesheet(built: Path, fonts: dict[str, Asset]) -> bytes:
    """KERN in its layer, the fonts, and our own styles."""
    kern, css = built / "kern.css", FOLDER / "static" / "css"
    first = kern if kern.exists() else css / "without_kern.css"
    faces = [
        f'@font-face{{font-family:"Fira Sans";src:url({fonts[name].name}) format("woff2");'
        f"font-weight:{WEIGHTS[weight]};font-display:swap}}\n"
        for weight in WEIGHTS
        if (name := f"fira-{weight}.woff2") in fonts
    ]
    texts = [first.read_text(), *faces, *((css / f"{style}.css").read_text() for style in STYLES)]
    return "".join(texts).encode()


def _asset(name: str, body: bytes) -> Asset:
    stem, _, kind = name.rpartition(".")
    return Asset(f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{kind}", _TYPES[kind], body)


HANDLERS = [show_asset]
