"""The form in which a clerk says how far one service is: what it shows, what it takes, and what does not do."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, get_args

import msgspec

from events.contracts.maturity import MODELS
from events.contracts.parts import SolutionRef, Status
from events.contracts.words import Phase, Reason
from progress.domain.names import PHASES, named
from progress.pages.asked import Asked
from progress.pages.calling import NotDone, in_form_words

FIELDS: Final[Mapping[str, str]] = {
    "phase": "phase",
    "maturity": "maturity",
    "effective_on": "effective_on",
    "expected_live_on": "expected_live_on",
    "online_url": "online_url",
    "solution": "solution",
    "reason": "reason",
    "note": "note",
}
"""What the interface calls them, and the form."""
OFFERED: Final = ("ozg-1.1", "ozg-2.0")
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
Option = tuple[str, str]


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the fields, as text; also what does not do stays there."""

    phase: str = ""
    maturity: str = ""
    effective_on: str = ""
    expected_live_on: str = ""
    online_url: str = ""
    solution: str = ""
    reason: str = ""
    note: str = ""
    correction: bool = False


def sent(form: Mapping[str, Any]) -> Entered:
    """What somebody sent."""
    texts = {name: str(form.get(name, "")).strip() for name in FIELDS.values()}
    return Entered(**texts, correction=bool(form.get("correction")))


def shown(state: Status | None, today: date) -> Entered:
    """What holds, to be changed from today on; where nothing holds, an empty form."""
    if state is None:
        return Entered(effective_on=today.isoformat())
    return Entered(
        phase=state.phase,
        maturity=_option(state),
        effective_on=today.isoformat(),
        expected_live_on=_day(state.expected_live_on),
        online_url=state.online_url or "",
        solution=state.solution or "",
        reason=state.reason or "",
    )


def wrong_in(by: Asked, entered: Entered) -> dict[str, str]:
    """What cannot even be sent on, by field."""
    words = by.words
    wrong = {
        field: words["wrong_day"]
        for field in ("effective_on", "expected_live_on")
        if (text := getattr(entered, field)) and _date(text) is None
    }
    if entered.phase not in get_args(Phase):
        wrong["phase"] = words["wrong_phase"]
    if not entered.effective_on:
        wrong["effective_on"] = words["wrong_no_day"]
    return wrong


def body_of(entered: Entered) -> dict[str, Any]:
    """The same as the interface takes it."""
    model, _, level = entered.maturity.partition(":")
    effective, expected = _date(entered.effective_on), _date(entered.expected_live_on)
    said = {
        "phase": entered.phase,
        "maturity": {"model": model, "level": int(level)} if level.isdecimal() else None,
        "effective_on": effective.isoformat() if effective else None,
        "expected_live_on": expected.isoformat() if expected else None,
        "online_url": entered.online_url,
        "solution": entered.solution,
        "reason": entered.reason,
        "note": entered.note,
    }
    return {name: value for name, value in said.items() if value} | ({"correction": True} if entered.correction else {})


def said_by(by: Asked, refusal: NotDone) -> dict[str, str]:
    """What the catalog said is wrong, beside the fields of the form and in its words."""
    found = refusal.beside(FIELDS)
    return {field: in_form_words(text, form_words(by)) for field, text in found.items()}


def form_words(by: Asked) -> dict[str, str]:
    """Names of the interface, and what the form calls them."""
    quoted = "„{}“" if by.language == "de" else "“{}”"
    words = {name: quoted.format(by.words[f"f_{name}"]) for name in FIELDS}
    return words | {
        phase: quoted.format(named(PHASES, phase)[by.language]) for phase in get_args(Phase) if "_" in phase
    }


def phases(by: Asked) -> list[Option]:
    """To choose from."""
    return [("", by.words["choose"]), *((phase, named(PHASES, phase)[by.language]) for phase in get_args(Phase))]


def maturities(by: Asked) -> list[Option]:
    """The levels of each model, by their names."""
    found = [("", by.words["no_maturity"])]
    for model in OFFERED:
        for level, name in enumerate(MODELS[model].levels):
            word = by.words.get(f"level_{model}_{level}", name)
            number = "" if name.endswith(str(level)) else f"{level} "
            found.append((f"{model}:{level}", f"OZG {model.removeprefix('ozg-')}: {number}{word}"))
    return found


def reasons(by: Asked) -> list[Option]:
    return [("", by.words["no_reason"]), *((one, by.words[f"reason_{one}"]) for one in REASONS)]


def offered(by: Asked, solutions: Sequence[SolutionRef], chosen: str) -> list[Option]:
    """The solutions for this service; one that was chosen before stays, even where it is no longer among them."""
    found = [("", by.words["no_solution"]), *((one.slug, one.name) for one in solutions)]
    return found if not chosen or chosen in {slug for slug, _ in found} else [*found, (chosen, chosen)]


def _option(state: Status) -> str:
    return f"{state.maturity.model}:{state.maturity.level}" if state.maturity is not None else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _date(text: str) -> date | None:
    """2026-11-01, or 1.11.2026 as people write it where the browser has no field for days."""
    try:
        day, month, year = text.split(".")
        return date(int(year), int(month), int(day))
    except ValueError:
        pass
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
