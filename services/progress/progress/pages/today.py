"""What was recorded lately, as the catalog says it; where there is script, the page goes on with the catalog's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from events.contracts import envelope, registry
from events.contracts.catalog import StatusRecorded
from events.contracts.parts import MunicipalityRef, ServiceRef
from progress.desk import desk
from progress.domain.names import PHASES, named
from progress.pages.asked import Asked

SHOWN: Final = 8
_LOOKED_AT: Final = 64
"""So many of the last events are looked at: others than new statuses are among them."""
_TYPE: Final = registry.find("catalog", "status-recorded")
_STREAM: Final = "/api/catalog/v1/events/stream"


class Told(NamedTuple):
    """One status that was recorded."""

    time: datetime
    municipality: MunicipalityRef
    service: ServiceRef
    text: str


async def lately(by: Asked, position: int) -> list[Told]:
    """The last ones, the latest first, of what is in the answer; nothing on a page about another day."""
    if not by.moment.latest or by.moment.as_of != by.days.today:
        return []
    documents = await desk(by.request).last_said(position, _LOOKED_AT)
    return [one for one in (_told(by, document) for document in reversed(documents)) if one is not None][:SHOWN]


def live(by: Asked, position: int, told: Sequence[Told]) -> dict[str, Any] | None:
    """What the script needs to go on from there."""
    if not told:
        return None
    return {
        "stream": f"{_STREAM}?after={position}",
        "type": _TYPE.wire if _TYPE is not None else "",
        "words": msgspec.json.encode({phase: text[by.language] for phase, text in PHASES.items()}).decode(),
        "most": SHOWN,
    }


def _told(by: Asked, document: bytes) -> Told | None:
    one = envelope.decode(document)
    try:
        fact = registry.decode(one)
    except registry.UnknownType:
        return None
    if not isinstance(fact, StatusRecorded) or fact.correction:
        return None
    state = fact.state
    text = named(PHASES, state.phase)[by.language]
    if state.maturity is not None:
        text = f"{text}, {by.words['maturity']} {state.maturity.level}"
    return Told(desk(by.request).on_the_clock(one.time), fact.municipality, fact.service, text)
