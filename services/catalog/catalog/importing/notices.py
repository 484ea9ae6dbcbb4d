"""What a clerk is told about a row: what is missing, and what may not have been meant."""

from catalog.domain.status import Recording
from catalog.importing import words
from catalog.importing.cells import CellProblem
from events.contracts.maturity import MODELS

_MODELS = words.texts(MODELS)
SINCE_WHEN = CellProblem(
    "Since when? Give the day, such as 2026-11-01, or `today`.",
    "Seit wann? Bitte den Tag angeben, etwa 01.11.2026, oder „heute“.",
)
LEVEL_MISSING = CellProblem(
    "The level is missing. Give it, or leave maturity_model empty too.",
    "Der Reifegrad fehlt. Bitte angeben, oder auch das Reifegradmodell leer lassen.",
)
MODEL_MISSING = CellProblem(
    f"The model of this level is missing. One of: {_MODELS}.",
    f"Das Reifegradmodell fehlt. Möglich sind: {_MODELS}.",
)
EMPTIED = CellProblem(
    "An empty phase says nothing, so what is recorded stays. To take it back, retract the status; if the service is no longer "
    "offered, record it as ended.",
    "Eine leere Phase sagt nichts, das Erfasste bleibt also stehen. Zum Zurücknehmen bitte den Stand zurückziehen; wird die "
    "Leistung nicht mehr angeboten, „Beendet“ eintragen.",
)


def corrects(standing: Recording) -> CellProblem:
    day = standing.effective_on
    return CellProblem(
        f"The date {day} was left as it was, so this corrects what was recorded for that day ({standing.state.phase}). If it is "
        "a development, give the day of the change.",
        f"Das Datum {day:%d.%m.%Y} ist unverändert, darum berichtigt die Zeile das an diesem Tag Erfasste "
        f"({words.PHASES[standing.state.phase].de}). Ist es eine Entwicklung, bitte den Tag der Änderung eintragen.",
    )


def of_the_past(standing: Recording) -> CellProblem:
    day, phase = standing.effective_on, standing.state.phase
    return CellProblem(
        f"Recorded for the time before {day}; since then {phase} holds, as recorded, and stays. If that is wrong, retract it.",
        f"Erfasst für die Zeit vor dem {day:%d.%m.%Y}; seither gilt weiter „{words.PHASES[phase].de}“, wie erfasst. Ist das falsch, "
        "bitte jenen Stand zurückziehen.",
    )


def contradicts(earlier: int) -> CellProblem:
    return CellProblem(
        f"Row {earlier} says something else of this service for the same day. Keep one of the two.",
        f"Zeile {earlier} sagt für dieselbe Leistung und denselben Tag etwas anderes. Bitte eine von beiden löschen.",
    )
