"""A municipality's inbox: what it was told and why, on its page and on one of its own."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import municipality_id
from events.contracts.parts import Availability, ServiceRef, SolutionRef
from progress.desk import desk
from progress.pages.asked import Asked, asked
from progress.pages.inbox_entries import Item, entries
from progress.pages.rendering import REFUSED, private
from progress.projections import standing

LATEST: Final = 5
_A_PAGE: Final = 30
_OCCASIONS: Final = frozenset(
    {
        "solution-became-available",
        "solution-terms-changed",
        "solution-became-unavailable",
        "solution-withdrawn",
        "solution-revised",
        "responsibility-assigned",
        "responsibility-ended",
        "municipality-registered",
        "subscription-opened",
        "subscription-reactivated",
    }
)
"""What the pages have words for."""
_REASONS: Final = frozenset({"lacks-service", "declared-need", "uses-solution", "open-now"})


class Told(NamedTuple):
    """One alert as it is shown: on which day, what happened, why it concerns them."""

    day: date
    occasion: str
    reason: str
    text: str
    """The whole sentence, for what has no solution to lead to."""
    solutions: Sequence[SolutionRef]
    services: Sequence[ServiceRef]
    availability: Availability | None
    terms: str | None
    demonstration: bool


class Inbox(NamedTuple):
    """What a page shows of it; `away`: the notifier did not answer."""

    told: Sequence[Told]
    away: bool
    following: str | None
    tag: str
    """Changes when there is something new."""


def tag(inbox: Inbox | None) -> str:
    """What of it belongs into the tag of a page that shows it."""
    return "" if inbox is None else f".{inbox.tag}"


async def latest(by: Asked, key: str) -> Inbox | None:
    """The newest few. None on a page about another day: what was told is not part of what is cited."""
    today = desk(by.request).today()
    if by.moment.as_of != today or by.moment.known_at != today:
        return None
    return await _inbox(by, key, LATEST)


@get("/kommunen/{municipality:str}/hinweise", include_in_schema=False, exception_handlers=REFUSED)
async def show_inbox(request: EdgeRequest, municipality: FromPath[str]) -> Response[str]:
    """All of it, newest first and some at a time. The page is about now, so there is nothing to cite."""
    by = asked(request)
    key = municipality_id(municipality)
    async with desk(request).reading() as connection:
        town = await standing.town(connection, key, by.moment)
    inbox = await _inbox(by, town.key, _A_PAGE, request.query_params.get("nach"))
    return private(
        by,
        "inbox.html",
        section="towns",
        plain=by.words["plain_inbox"],
        demonstration=any(one.demonstration for one in inbox.told),
        town=town,
        inbox=inbox,
    )


async def _inbox(by: Asked, key: str, limit: int, after: str | None = None) -> Inbox:
    found = await entries(by, key, limit, after)
    if found is None:
        return Inbox((), away=True, following=None, tag="away")
    return Inbox(
        [_told(by, one) for one in found.items],
        away=False,
        following=found.next,
        tag=found.items[0].id if found.items else "0",
    )


def _told(by: Asked, item: Item) -> Told:
    said = item.event.data
    happened = said.about.type.split(".")[-2] if said.about is not None and said.about.type.count(".") > 1 else ""
    terms = said.availability.terms.order_url if said.availability is not None else None
    return Told(
        day=desk(by.request).day(item.raised_at),
        occasion=happened if happened in _OCCASIONS else "other",
        reason=item.reason if item.reason in _REASONS else "",
        text=said.title.get(by.language) or said.title.get("de", ""),
        solutions=said.solutions or ((said.solution,) if said.solution is not None else ()),
        services=said.services,
        availability=said.availability,
        terms=terms,
        demonstration=bool(said.demonstration),
    )


HANDLERS = [show_inbox]
