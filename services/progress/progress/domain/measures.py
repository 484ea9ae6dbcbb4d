"""What one status counts as. Every measure is 0 or 1 per cell (one service of one municipality), packed into bits.

The bits are computed once, when an event arrives, from the thresholds in `events.contracts.maturity`; SQL only sums them.
So a threshold has one home, and a new one needs a rebuild, never a new query.
"""

from functools import lru_cache

from events.contracts.maturity import MODELS
from events.contracts.parts import Status

MEASURES = (
    "recorded",
    "online",
    "compliant",
    "not_assessed",
    "live",
    "in_work",
    "planned",
    "excluded",
    "demonstration",
)
"""In the order of their bits. `recorded` and `excluded` exclude each other: what is not applicable is in no figure."""

_BIT = {name: 1 << place for place, name in enumerate(MEASURES)}
_IN_WORK = frozenset({"in_preparation", "in_implementation", "pilot"})


def bit(measure: str) -> int:
    """The bit of a measure, for queries."""
    return _BIT[measure]


def bits(status: Status | None, *, component: bool = False) -> int | None:
    """Everything a status counts as; None where nothing is recorded. A component has no maturity: live is online."""
    if status is None:
        return None
    maturity = status.maturity
    model, level = (None, None) if maturity is None else (maturity.model, maturity.level)
    return _bits(status.phase, model, level, status.basis.kind == "demonstration", component)


def has(value: int | None, measure: str) -> bool:
    """Whether a status with these bits counts in that measure."""
    return value is not None and bool(value & _BIT[measure])


@lru_cache(maxsize=1024)
def _bits(phase: str, model: str | None, level: int | None, demonstration: bool, component: bool) -> int:
    names = {"excluded"} if phase == "not_applicable" else {"recorded"}
    if phase in _IN_WORK:
        names.add("in_work")
    elif phase == "planned":
        names.add("planned")
    elif phase == "live":
        names |= {"live", "online"} if component else _live(model, level)
    if demonstration:
        names.add("demonstration")
    return sum(_BIT[name] for name in names)


def _live(model: str | None, level: int | None) -> set[str]:
    """Live without a level in a model we have thresholds for is *not assessed*, which is neither online nor offline."""
    thresholds = MODELS.get(model or "")
    if thresholds is None or level is None:
        return {"live", "not_assessed"}
    names = {"live"}
    if level >= thresholds.online_from:
        names.add("online")
    if level >= thresholds.compliant_from:
        names.add("compliant")
    return names
