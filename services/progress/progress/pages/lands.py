"""Maps of the Länder: how much of a theme or service is online where, and where a solution is open and in use."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from events.contracts.regions import region_name
from progress.pages.asked import Asked
from progress.pages.pictures import maps
from progress.pages.pictures.maps import Land
from progress.projections.parts import Part
from progress.projections.solutions import Offer, Solution

SHARES: Final = ("k1", "k2", "k3", "k4", "k5", "k0")
STATES: Final = ("s-open", "s-members", "s-from", "s-closed")


class Opened(NamedTuple):
    """One Land's line beside the map: whether a solution is open there, since or from when, and how many use it."""

    region: str
    name: str
    kind: str
    offer: Offer | None
    users: int


def of_parts(by: Asked, parts: Sequence[Part]) -> list[Land]:
    """By share online; striped where too little is recorded."""
    kinds = {}
    for part in parts:
        kind = maps.share_kind(part.online)
        share = part.online.share or 0
        known = by.formats.pct(part.online.share) if kind else by.words["too_little"]
        value = by.formats.num(round(100 * share)) if kind else ""
        kinds[part.key] = (f"k{kind}", value, f"{part.title[by.language]}: {known}")
    return maps.lands(kinds)


def of_solution(by: Asked, opened: Sequence[Opened]) -> list[Land]:
    """Where it is open, and on each Land how many use it."""
    kinds: Mapping[str, tuple[str, str, str]] = {
        one.region: (
            one.kind,
            by.formats.num(one.users) if one.users else "",
            f"{one.name}: {by.words[one.kind]}, {by.formats.num(one.users)} {by.words['use_it']}",
        )
        for one in opened
    }
    return maps.lands(kinds)


def opened(by: Asked, answer: Solution, users: Mapping[str, int]) -> list[Opened]:
    """Every Land, by name."""
    found = []
    for outline in maps.regions():
        kind, offer = _state(outline.key, answer)
        name = region_name(outline.key, by.language)
        found.append(Opened(outline.key, name, kind, offer, users.get(outline.key, 0)))
    return sorted(found, key=lambda one: one.name)


def _state(code: str, answer: Solution) -> tuple[str, Offer | None]:
    """Open to all is more than open to members, and that more than open later."""
    places = (code, code[:2])
    now = [one for one in answer.open if one.region in places]
    for kind, some in (
        ("s-open", [one for one in now if one.members is None]),
        ("s-members", now),
        ("s-from", [one for one in answer.later if one.region in places]),
    ):
        if some:
            return kind, min(some, key=lambda one: one.from_on)
    return "s-closed", None
