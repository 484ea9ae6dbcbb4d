"""From answers to HTML: the language, numbers and days as people write them, and the templates."""

import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response

from edge.headers import PAGE_POLICY
from edge.language import Language, preferred
from events.contracts.keys import bare
from events.contracts.regions import region_name
from progress.pages.words import words
from progress.routes.unchanged import tag

FOLDER: Final = Path(__file__).parent
_MONTHS: Final[dict[Language, list[str]]] = {
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
NARROW: Final = "\u202f"


def language_of(request: Request[Any, Any, Any], lang: str | None) -> Language:
    """`?lang=` decides, else the reader's own preference; who prefers neither reads German."""
    if lang in ("de", "en"):
        return "en" if lang == "en" else "de"
    return preferred(f"de;q=0.001, {request.headers.get('accept-language', '')}")


def number(value: float, language: Language) -> str:
    """1.234 in German, 1,234 in English."""
    text = f"{value:,}"
    return text.replace(",", ".") if language == "de" else text


def percent(share: float | None, language: Language) -> str:
    """35,8 % with a narrow no-break space, a dash where there is nothing to share."""
    if share is None:
        return "–"
    text = f"{100 * share:.1f}"
    return f"{text.replace('.', ',')}{NARROW}%" if language == "de" else f"{text}%"


def day(value: date, language: Language) -> str:
    """20. November 2026, 20 November 2026."""
    return f"{value.day}{'.' if language == 'de' else ''} {_MONTHS[language][value.month - 1]} {value.year}"


def month(value: date, language: Language) -> str:
    """November 2026."""
    return f"{_MONTHS[language][value.month - 1]} {value.year}"


def short(value: date, language: Language) -> str:
    """20.11.2026, or 2026-11-20 for readers of English."""
    return f"{value:%d.%m.%Y}" if language == "de" else value.isoformat()


def page(
    request: Request[Any, Any, Any], template: str, language: Language, *, status: int = 200, **given: Any
) -> Response[str]:
    """The HTML of a page."""
    root = request.scope.get("root_path", "").rstrip("/")
    html = (
        _templates()
        .get_template(template)
        .render(
            lang=language,
            w=words(language),
            root=root,
            path=request.scope["path"],
            origin=request.app.state.get("public_url")
            or f"{request.scope['scheme']}://{request.headers.get('host', '')}",
            style=f"{root}/static/{_stylesheet()}",
            num=lambda value: number(value, language),
            pct=lambda share: percent(share, language),
            day=lambda value: day(value, language),
            month=lambda value: month(value, language),
            short=lambda value: short(value, language),
            bare=bare,
            region_name=lambda code: region_name(code, language),
            **given,
        )
    )
    headers = {
        "content-security-policy": PAGE_POLICY,
        "content-language": language,
        "vary": "Accept-Language",
        "cache-control": "no-cache",
    }
    if (answer := given.get("answer")) is not None:
        headers["etag"] = tag(request, answer.position)
    return Response(html, media_type="text/html", status_code=status, headers=headers)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _stylesheet() -> str:
    digest = hashlib.sha256((FOLDER / "static" / "app.css").read_bytes()).hexdigest()
    return f"app.css?{digest[:12]}"
