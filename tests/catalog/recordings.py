"""Commands that record statuses, in a Saxony of which nothing is recorded yet."""

from datetime import date
from typing import Any, Final

from catalog.domain.entry import Entry
from catalog.domain.status_changes import RecordStatus
from tests.situations import saxony
from tests.situations.saxony import LEIPZIG, MOVING_HOUSE
from tests.situations.world import World

TODAY: Final = date(2026, 11, 2)
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def nothing_recorded() -> World:
    world = World(TODAY)
    world.hears(*saxony.authorities(), *saxony.services())
    return world


def entry(**given: Any) -> Entry:
    defaults: dict[str, Any] = {"service": MOVING_HOUSE, "phase": "planned", "effective_on": JUNE}
    return Entry(**defaults | given)


def recording(municipality: str = LEIPZIG, **given: Any) -> RecordStatus:
    return RecordStatus(municipality=municipality, entry=entry(**given), today=TODAY)
