"""How it goes, for people: `/-/status` as a page without scripts, or as JSON for whoever asks for that.

What a service says of itself are facts. Whom it delivers to is for operators: everybody else sees numbers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import structlog
from jinja2 import Environment, StrictUndefined
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from edge.asgi import header
from edge.guarding import OPEN, identify
from edge.headers import PAGE_POLICY
from edge.health import Check, Condition, Version, run
from edge.language import Language, Text, in_language, preferred

ANSWER_SECONDS: Final = 3.0


class Fact(msgspec.Struct, frozen=True):
    """One thing to know: `name` for programs, `title` for people; in `trouble` somebody should look at it."""

    name: str
    title: Text
    value: str | int | None
    trouble: bool = False


Facts: TypeAlias = Callable[[bool], Awaitable[Sequence[Fact]]]
"""What a service says of itself; whether an operator asks."""

_log = structlog.get_logger("edge.status")

_WORDS: Final[Mapping[str, Text]] = {
    "well": {"en": "All is well", "de": "Alles in Ordnung"},
    "trouble": {"en": "Somebody should look", "de": "Hier sollte jemand nachsehen"},
    "unknown": {"en": "not known here", "de": "hier nicht bekannt"},
    "version": {"en": "Version", "de": "Version"},
    "others": {"en": "The other services", "de": "Die anderen Dienste"},
    "look": {"en": "look", "de": "nachsehen"},
    "silent": {"en": "What it says of itself", "de": "Was er von sich sagt"},
}
_STYLE: Final = """\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #171a2b; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #c9cbd6; overflow-wrap: anywhere; vertical-align: top }
th { font-weight: normal; width: 45% }
.trouble { font-weight: bold; border-left: .4rem solid #b3003c }
"""
_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string("""\
<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="15">
<title>{{ name }}: {{ words.trouble if trouble else words.well }}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{ root }}/-/status/style.css">
</head>
<body>
<main>
<h1>{{ name }}</h1>
<p{% if trouble %} class="trouble"{% endif %} role="status">{{ words.trouble if trouble else words.well }}</p>
<table>
{% for fact in facts %}<tr{% if fact.trouble %} class="trouble"{% endif %}><th scope="row">{{ fact.title }}\
{% if fact.trouble %} ({{ words.look }}){% endif %}</th><td>{{ fact.value }}</td></tr>
{% endfor %}</table>
</main>
<nav aria-label="{{ words.others }}"><p>{% for one, path in neighbours.items() %}<a href="{{ path }}">{{ one }}</a> {% endfor %}</p></nav>
</body>
</html>
""")


def following(name: str, source: str, position: int, head: int | None, halted: str | None) -> list[Fact]:
    """How far something was followed; `head` is where its log ends, if somebody said so."""
    behind = None if head is None else max(0, head - position)
    told = [
        Fact(f"{name}_position", {"en": f"{source} is heard up to", "de": f"{source} ist gehört bis"}, position),
        Fact(f"{name}_lag", {"en": "events not yet heard", "de": "noch nicht gehörte Ereignisse"}, behind),
    ]
    if halted is not None:
        told.append(Fact(f"{name}_halted", {"en": "halted", "de": "angehalten"}, halted, trouble=True))
    return told


def relaying(position: int | None, relay: tuple[str, int] | None) -> list[Fact]:
    """How far the own log is, and what the relay of this process does, with how many events still to carry."""
    elsewhere = relay is None or relay[0] == "standby"
    return [
        Fact("log_position", {"en": "the own log ends at", "de": "das eigene Protokoll endet bei"}, position),
        Fact("relay", {"en": "the relay of this process", "de": "das Relais dieses Prozesses"}, relay and relay[0]),
        Fact(
            "relay_lag",
            {"en": "events not yet on JetStream", "de": "noch nicht auf JetStream"},
            None if elsewhere or relay is None else relay[1],
        ),
    ]


def status_routes(
    version: Version,
    checks: Mapping[str, Check],
    conditions: Mapping[str, Condition],
    facts: Facts,
    neighbours: Mapping[str, str],
) -> list[HTTPRouteHandler]:
    """The page and its style; `neighbours` are paths of such pages of others."""

    @get("/-/status", include_in_schema=False, media_type="text/html")
    async def status(request: Request[Any, Any, Any]) -> Response[Any]:
        known = [
            Fact("version", _WORDS["version"], f"{version.version} {version.revision or ''}".strip()),
            *await _checked(checks),
            *await _said(facts, operator=_is_operator(request)),
            *(Fact(name, name, said, trouble=True) for name, ask in conditions.items() if (said := ask())),
        ]
        trouble = any(fact.trouble for fact in known)
        headers = {
            "content-security-policy": PAGE_POLICY,
            "cache-control": "no-store",
            "vary": "Accept, Accept-Language",
        }
        if _wants_json(request):
            body = {
                "name": version.name,
                "status": "degraded" if trouble else "ok",
                "facts": {fact.name: fact.value for fact in known},
                "troubles": [fact.name for fact in known if fact.trouble],
            }
            return Response(body, media_type="application/json", headers=headers)
        language = preferred(request.headers.get("accept-language", ""))
        html = _PAGE.render(
            name=version.name,
            language=language,
            words={name: in_language(text, language) for name, text in _WORDS.items()},
            trouble=trouble,
            facts=[_shown(fact, language) for fact in known],
            neighbours=neighbours,
            root=request.scope.get("root_path", "").rstrip("/"),
        )
        return Response(html, media_type="text/html", headers=headers)

    @get("/-/status/style.css", include_in_schema=False, opt=OPEN, media_type="text/css", sync_to_thread=False)
    def status_style() -> Response[str]:
        return Response(_STYLE, media_type="text/css", headers={"cache-control": "public, max-age=3600"})

    return [status, status_style]


async def _checked(checks: Mapping[str, Check]) -> list[Fact]:
    results = await run(checks, ANSWER_SECONDS)
    return [
        Fact(name, name, result.status + (f": {result.detail}" if result.detail else ""), result.status != "ok")
        for name, result in results.items()
    ]


async def _said(facts: Facts, *, operator: bool) -> list[Fact]:
    """Where even that fails, the page still says so."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return list(await facts(operator))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is trouble; what it said stays in the log
        _log.warning("status_failed", exc_info=error)
        return [Fact("facts", _WORDS["silent"], type(error).__name__, trouble=True)]


def _shown(fact: Fact, language: Language) -> dict[str, Any]:
    value = in_language(_WORDS["unknown"], language) if fact.value is None else fact.value
    return {"title": in_language(fact.title, language), "value": value, "trouble": fact.trouble}


def _is_operator(request: Request[Any, Any, Any]) -> bool:
    """Nobody need be; whoever brings a token brings a good one."""
    return bool(header(request.scope, b"authorization")) and identify(request).role == "operator"


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    return request.query_params.get("format") == "json" or "application/json" in request.headers.get("accept", "")
