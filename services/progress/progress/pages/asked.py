"""What a reader asks a page for: in which language, about which day, as part of another page or alone."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from litestar import Request

from edge.language import Language, preferred
from edge.problems import Problem
from progress.desk import EARLIEST, desk
from progress.pages.formatting import FORMATS, Formats
from progress.pages.links import Links, chosen
from progress.pages.wording import WORDS
from progress.projections.moment import Moment, month_ends


class Days(NamedTuple):
    """The days that a page offers to look at."""

    today: date
    months: Sequence[date]
    """The last days of the months before, latest first."""
    steps: Sequence[date]
    """From two years ago to today in half-years."""


class Asked(NamedTuple):
    """A request for a page, understood."""

    request: Request[Any, Any, Any]
    language: Language
    moment: Moment
    links: Links
    days: Days
    embed: bool

    @property
    def formats(self) -> Formats:
        return FORMATS[self.language]

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.language]


def asked(request: Request[Any, Any, Any]) -> Asked:
    """Raises a problem about a day that is none or has not been."""
    query = dict(request.query_params)
    moment = desk(request).moment(_day(query, "as_of"), _day(query, "known_at"))
    return Asked(
        request, language_of(request), moment, links_of(request, moment), _days(desk(request).today()), "embed" in query
    )


def language_of(request: Request[Any, Any, Any]) -> Language:
    """`?lang=` decides, else the reader's own preference; who prefers neither reads German."""
    lang = request.query_params.get("lang")
    if lang in ("de", "en"):
        return "en" if lang == "en" else "de"
    return preferred(f"de;q=0.001, {request.headers.get('accept-language', '')}")


def links_of(request: Request[Any, Any, Any], moment: Moment | None) -> Links:
    """Addresses that keep what the reader chose."""
    query = dict(request.query_params)
    root = request.scope.get("root_path", "").rstrip("/")
    path = request.scope["path"].removeprefix(root) or "/"
    return Links(root, path, query, chosen(query, moment, desk(request).today()))


def _day(query: dict[str, str], field: str) -> date | None:
    """An empty choice is today."""
    text = query.get(field) or ""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(
            422,
            "no-such-day",
            {"en": "Not a day", "de": "Kein Tag"},
            {
                "en": f"{field} takes a day such as 2026-06-30.",
                "de": f"{field} nennt einen Tag, zum Beispiel 2026-06-30.",
            },
            field=field,
        ) from None


@lru_cache(maxsize=8)
def _days(today: date) -> Days:
    ends = month_ends(today)
    return Days(today, [end for end in ends[-2::-1] if end >= EARLIEST], [*ends[:-1:6], today])
