"""How a municipality stands to one service, as far as alerts care."""

from enum import IntEnum
from typing import Final

from events.contracts.maturity import MODELS
from events.contracts.parts import Status
from events.contracts.words import Phase


class Standing(IntEnum):
    """Kept as a small number, because there is one for every recorded status."""

    LACKING = 0
    """Before implementation, suspended, deferred or ended."""
    IN_WORK = 1
    """In implementation, in pilot, or live below what counts as online."""
    ONLINE = 2
    NOT_APPLICABLE = 3


IN_USE: Final[frozenset[Phase]] = frozenset({"in_implementation", "pilot", "live"})
"""The phases in which a solution named in a status is in use, or its use has been decided."""


def standing(status: Status, *, component: bool) -> Standing:
    """A component is had as soon as it is live; a service needs the maturity from which its model counts it as online."""
    if status.phase == "not_applicable":
        return Standing.NOT_APPLICABLE
    if status.phase not in IN_USE:
        return Standing.LACKING
    if status.phase == "live" and (component or _counts_as_online(status)):
        return Standing.ONLINE
    return Standing.IN_WORK


def _counts_as_online(status: Status) -> bool:
    """Live without a maturity, or in a model nobody here knows, is not assessed: it counts as nothing."""
    if status.maturity is None:
        return False
    model = MODELS.get(status.maturity.model)
    return model is not None and status.maturity.level >= model.online_from
