"""The map of Germany by district and Land. The outlines are facts in a file of ours; NOTICE says from whom."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from progress.domain.figures import Figure
from progress.projections.areas import ENOUGH, NOBODY, Area, Reporting, enough
from progress.projections.parts import Part

_FOLDER: Final = Path(__file__).parents[1] / "outlines"
CLASSES: Final = (0.1, 0.2, 0.3, 0.4)
"""Where the classes of shares end: the first is below 10 %, the fifth at and above 40 %; 0 is: too little recorded."""


class Outline(NamedTuple):
    """An area as an SVG path in a box of 800 by 1078, and where its label stands."""

    key: str
    path: str
    x: int = 0
    y: int = 0


class Shape(NamedTuple):
    """A district as it is drawn; `area` is None where nobody is registered."""

    outline: Outline
    kind: int
    area: Area | None


class Label(NamedTuple):
    """What stands on a Land: its letters and, where enough report, its share."""

    outline: Outline
    part: Part
    enough: bool


def labels(parts: Sequence[Part], reporting: Mapping[str, Reporting]) -> list[Label]:
    """Of the Länder that are on the map and in the figures."""
    found = {part.key: part for part in parts}
    return [
        Label(outline, found[outline.key], enough(reporting.get(outline.key, NOBODY)))
        for outline in regions()
        if outline.key in found
    ]


def shapes(areas: Mapping[str, Area]) -> list[Shape]:
    """All districts in the order of their keys."""
    return [Shape(one, kind(areas.get(one.key)), areas.get(one.key)) for one in districts()]


class Land(NamedTuple):
    """A Land as it is drawn: its class, what stands on it, and what it says in words."""

    outline: Outline
    kind: str
    value: str
    words: str


def lands(kinds: Mapping[str, tuple[str, str, str]]) -> list[Land]:
    """All Länder by code; of those that are not named nothing is known."""
    return [Land(one, *kinds.get(one.key, ("k0", "", ""))) for one in regions()]


def share_kind(figure: Figure) -> int:
    """The class of a share: 1 to 5; 0 where of too few anything is recorded."""
    if figure.share is None or figure.recorded < ENOUGH * figure.denominator:
        return 0
    return 1 + sum(figure.share >= end for end in CLASSES)


def merged(shapes: Sequence[Shape]) -> list[Shape]:
    """The same with one shape for each class, which is drawn much faster where there are patterns."""
    paths: dict[int, list[str]] = {}
    for shape in shapes:
        paths.setdefault(shape.kind, []).append(shape.outline.path)
    return [Shape(Outline("", "".join(some)), kind, None) for kind, some in sorted(paths.items())]


def kind(area: Area | None) -> int:
    """The class of its share: 1 to 5; 0 where too few report."""
    if area is None or not area.enough or area.online.share is None:
        return 0
    return 1 + sum(area.online.share >= end for end in CLASSES)


@cache
def districts() -> Sequence[Outline]:
    """The 400 of them."""
    return [Outline(row["key"], row["outline"]) for row in _rows("districts")]


@cache
def regions() -> Sequence[Outline]:
    """The 16 Länder."""
    return [Outline(row["key"], row["outline"], int(row["x"]), int(row["y"])) for row in _rows("regions")]


def _rows(name: str) -> Sequence[Mapping[str, str]]:
    return list(csv.DictReader((_FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
