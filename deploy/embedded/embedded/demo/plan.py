"""What the demonstration says: reproducible, plausible, back-dated over two years. Pure: the same seed says the same."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

DAYS = 730
"""How far back the demonstration goes."""
SEED = 2026
ALWAYS_REPORTING = 50_000
"""Inhabitants from which a town reports in any case."""


class Town(NamedTuple):
    """What the plan needs of a municipality."""

    id: str
    levels: Sequence[str]
    inhabitants: int


class Asked(NamedTuple):
    """What the plan needs of a service."""

    key: str
    level: str
    kind: str


class Offer(NamedTuple):
    """A solution of the demonstration: its body, where it is open since how many days ago, on what terms."""

    slug: str
    body: Mapping[str, Any]
    regions: Sequence[str]
    days_ago: int
    terms: Mapping[str, Any]


Row = dict[str, Any]

_WAYS: Sequence[tuple[float, Sequence[str]]] = (
    (0.16, ("not_started",)),
    (0.30, ("planned",)),
    (0.42, ("planned", "in_preparation")),
    (0.54, ("planned", "in_implementation")),
    (0.60, ("in_implementation", "pilot")),
    (0.64, ("planned", "deferred")),
    (0.90, ("planned", "in_implementation", "live")),
    (0.97, ("in_implementation", "live")),
    (1.00, ("live",)),
)
"""How far a service came, by chance: the share below which a way is taken, and its phases in order."""


def rows(town: Town, services: Sequence[Asked], offers: Sequence[Offer], today: date, seed: int = SEED) -> list[Row]:
    """The town's sheet, oldest first. Larger towns say more and are further."""
    chance = Random(f"{seed}/{town.id}")  # noqa: S311  plausible, not secret
    zeal = min(1.0, 0.35 + 0.12 * len(str(max(town.inhabitants, 1))) - 0.25 + chance.uniform(-0.15, 0.2))
    if town.inhabitants < ALWAYS_REPORTING and chance.random() > 0.35 + zeal / 2:
        return []  # a town that reports nothing: "not recorded" must be seen too
    said = []
    for service in services:
        if _concerns(town, service) and chance.random() < zeal:
            said += _story(service, offers, today, chance, zeal)
    return sorted(said, key=lambda row: row["effective_on"])


def _concerns(town: Town, service: Asked) -> bool:
    return service.kind == "component" or service.level in town.levels


def _story(service: Asked, offers: Sequence[Offer], today: date, chance: Random, zeal: float) -> list[Row]:
    """One service's phases, each some months after the one before, the last perhaps only weeks ago."""
    if chance.random() < 0.03:
        return [_row(service, "not_applicable", today - timedelta(chance.randrange(3, DAYS)), reason="not_offered")]
    drawn = min(0.999, chance.random() * (0.55 + zeal * 0.6))
    phases = next(way for below, way in _WAYS if drawn < below)
    days = sorted(chance.sample(range(3, DAYS), len(phases)), reverse=True)
    story = []
    for phase, days_ago in zip(phases, days, strict=True):
        on = today - timedelta(days_ago)
        if phase == "live":
            story.append(_live(service, on, offers, chance))
        elif phase in {"planned", "in_preparation", "in_implementation"} and phase == phases[-1]:
            later = today + timedelta(chance.randrange(30, 400))
            story.append(_row(service, phase, on, expected_live_on=later.isoformat()))
        else:
            story.append(_row(service, phase, on))
    return story


def _live(service: Asked, on: date, offers: Sequence[Offer], chance: Random) -> Row:
    row = _row(service, "live", on)
    if service.kind != "component" and chance.random() < 0.93:
        level = chance.choices((1, 2, 3, 4), (1, 4, 6, 1))[0]
        row["maturity"] = {"model": "ozg-1.1", "level": level}
    fitting = [offer for offer in offers if service.key in offer.body["services"]]
    if fitting and chance.random() < 0.4:
        row["solution"] = chance.choice(fitting).slug
    return row


def _row(service: Asked, phase: str, on: date, **more: Any) -> Row:
    return {"service": service.key, "phase": phase, "effective_on": on.isoformat(), **more}
