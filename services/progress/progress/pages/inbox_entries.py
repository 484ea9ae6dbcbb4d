"""What a municipality was told, asked of the notifier. It answers soon, or the page does without."""

from datetime import datetime
from typing import Final

import msgspec
import structlog

from edge.problems import Problem
from events.contracts.parts import Availability, ServiceRef, SolutionRef
from progress.pages.asked import Asked
from progress.pages.calling import NotDone, neighbours
from progress.projections.moment import Unknown

SECONDS: Final = 1.0
"""So long a page waits. It usually takes some milliseconds."""

log = structlog.get_logger("progress.pages")


class Cause(msgspec.Struct, frozen=True):
    """The event that was the reason."""

    type: str


class Said(msgspec.Struct, frozen=True):
    """What an alert says, as far as pages show it."""

    title: dict[str, str]
    about: Cause | None = None
    services: tuple[ServiceRef, ...] = ()
    solution: SolutionRef | None = None
    solutions: tuple[SolutionRef, ...] | None = None
    availability: Availability | None = None
    demonstration: bool | None = None


class Event(msgspec.Struct, frozen=True):
    """Its envelope."""

    data: Said


class Item(msgspec.Struct, frozen=True):
    """One entry of an inbox."""

    id: str
    raised_at: datetime
    reason: str
    event: Event


class Entries(msgspec.Struct, frozen=True):
    """A part of an inbox, newest first; `next` leads to the following part."""

    items: tuple[Item, ...] = ()
    next: str | None = None


async def entries(by: Asked, municipality: str, limit: int, after: str | None = None) -> Entries | None:
    """None if the notifier does not answer as it should, or not soon. Raises Unknown if `after` leads nowhere."""
    asked = {"limit": str(limit), **({"after": after} if after else {})}
    path = f"/municipalities/{municipality}/alerts"
    try:
        told = await neighbours(by).ask(by, "notifier", "GET", path, params=asked, seconds=SECONDS)
        return told.read(Entries)
    except NotDone as refused:
        if refused.status == 404:  # it has not heard of the municipality yet, so it has not told it anything
            return Entries()
        if refused.status == 400 and after:
            raise Unknown("page", after) from None
        log.warning("no inbox", status=refused.status)
    except (Problem, msgspec.MsgspecError) as error:
        log.warning("no inbox", error=repr(error))
    return None
