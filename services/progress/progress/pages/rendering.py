"""From answers to HTML: the frame of every page, its language, and how it may be kept."""

from collections.abc import Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie

from edge.headers import PAGE_POLICY
from edge.language import Language, in_language
from edge.problems import Problem
from events.contracts.keys import MalformedKey, bare
from events.contracts.regions import region_name
from progress.pages import assets
from progress.pages.asked import Asked, language_of, links_of
from progress.pages.calling import NotDone
from progress.pages.formatting import FORMATS, coded
from progress.pages.links import host, web
from progress.pages.pictures import bars, raster
from progress.pages.session import NOT_SIGNED_IN, signed_in, ways
from progress.pages.wording import WORDS
from progress.projections.moment import Answer, Unknown
from progress.routes.unchanged import tag

FOLDER: Final = Path(__file__).parent
NAVIGATION: Final = (("overview", "/"), ("towns", "/suche"), ("services", "/leistungen"), ("solutions", "/loesungen"))
_EMBEDDED: Final = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


def page(
    by: Asked, template: str, *, answer: Answer, api: str = "", section: str = "", also: str = "", **given: Any
) -> Response[str]:
    """A page about an answer; `api` is where the same answer can be had as a file. `also` changes with what else is on it."""

    def download(form: str | None) -> str:
        days = f"as_of={answer.as_of}&known_at={answer.known_at}"
        return f"{api}?{days}{f'&format={form}' if form else ''}"

    html = _rendered(
        by.request,
        template,
        answer=answer,
        days=by.days,
        embed=by.embed,
        section=section,
        download=download if api else None,
        a=by.links,
        lang=by.language,
        **{"demonstration": answer.demonstration, "plain": ""} | given,
    )
    own = signed_in(by.request) is not None
    headers = _headers(by.language, embedded=by.embed) | (
        _PRIVATE if own else {"etag": tag(by.request, answer.position, also)}
    )
    return Response(html, media_type="text/html", headers=headers)


def private(by: Asked, template: str, *, status: int = 200, section: str = "", **given: Any) -> Response[str]:
    """A page for one person: it is about no answer, is never part of another page, and nobody keeps it."""
    usual = {"answer": None, "days": by.days, "download": None, "demonstration": False, "plain": ""}
    html = _rendered(by.request, template, embed=False, section=section, a=by.links, lang=by.language, **usual | given)
    return Response(html, media_type="text/html", status_code=status, headers=_headers(by.language) | _PRIVATE)


def redirect(address: str, *cookies: Cookie) -> Response[Any]:
    """On to what is there now that something was done."""
    headers = {"location": address, "cache-control": "no-store", "referrer-policy": "same-origin"}
    return Response(None, status_code=303, headers=headers, cookies=list(cookies))


def _headers(language: str, *, embedded: bool = False) -> dict[str, str]:
    return {
        "content-security-policy": _EMBEDDED if embedded else PAGE_POLICY,
        "content-language": language,
        "vary": "Accept-Language, Cookie",
        "cache-control": "no-cache",
        "referrer-policy": "same-origin",  # or else browsers would not say where a form was sent from
    }


_PRIVATE: Final = {"cache-control": "private, no-store"}


def _rendered(request: Request[Any, Any, Any], template: str, **given: Any) -> str:
    language = given["lang"]
    root = given["a"].root
    font = assets.address("fira-regular.woff2")
    return (
        _templates()
        .get_template(template)
        .render(
            w=WORDS[language],
            f=FORMATS[language],
            origin=request.app.state.get("public_url")
            or f"{request.scope['scheme']}://{request.headers.get('host', '')}",
            style=f"{root}/static/{assets.address('pages.css')}",
            script=f"{root}/static/{assets.address('pages.js')}",
            font=font and f"{root}/static/{font}",
            navigation=NAVIGATION,
            session=None if given["embed"] else signed_in(request),
            ways=ways(signed_in(request), given["a"], WORDS[language]),
            closed=request.app.state["reading"] == "token",
            bar=bars.states,
            **given,
        )
    )


def drawn(template: str, language: Language, **given: Any) -> str:
    """A picture that stands alone."""
    return _templates().get_template(template).render(lang=language, w=WORDS[language], f=FORMATS[language], **given)


def refused(request: Request[Any, Any, Any], problem: Problem | Unknown | MalformedKey | NotDone) -> Response[str]:
    """Instead of the page that was asked for: what is wrong, and a search for what might be right."""
    language = language_of(request)
    words = WORDS[language]
    if isinstance(problem, Problem):
        status, title, text = (
            problem.status,
            in_language(problem.title, language),
            in_language(problem.detail, language),
        )
        if problem.type_slug == "token-missing":
            title, text = in_language(NOT_SIGNED_IN, language), words["sign_in_first"]
    elif isinstance(problem, NotDone):
        status, title, text = problem.status, problem.title, problem.detail
    else:
        status, title, text = 404, words["not_found"], words["not_found_more"]
    html = _rendered(
        request,
        "refused.html",
        lang=language,
        a=links_of(request, None),
        embed=False,
        section="",
        download=None,
        demonstration=False,
        plain="",
        title=title,
        text=text,
        signs_in=status == 401,
    )
    headers = _headers(language) | (_PRIVATE if signed_in(request) else {})
    return Response(html, media_type="text/html", status_code=status, headers=headers)


_Answering = Callable[[Request[Any, Any, Any], Any], Response[Any]]
REFUSED: Final[MutableMapping[int | type[Exception], _Answering]] = {
    Problem: refused,
    Unknown: refused,
    MalformedKey: refused,
    NotDone: refused,
}
"""How a page says that there is none; for the handlers of pages."""


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"bare": bare, "region_name": region_name, "coded": coded, "web": web, "host": host}
    environment.globals["png_there"] = lambda: raster.ready(assets.BUILT)
    return environment
