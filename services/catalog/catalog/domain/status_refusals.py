"""Why a status is refused, in words that a clerk can act on."""

from datetime import date
from typing import ClassVar

from catalog.domain.days import EARLIEST, german
from catalog.domain.municipality import Municipality
from catalog.domain.service import Service
from catalog.domain.status import Recording
from events.contracts.maturity import MaturityModel
from events.contracts.parts import MunicipalityRef
from events.contracts.refusals import Refusal, RefusalKind

NOTE_LIMIT = 4000
URL_LIMIT = 2048


class _Invalid(Refusal):
    kind: ClassVar[RefusalKind] = "invalid"


class InTheFuture(_Invalid):
    """A status is what is so; what is to be has a field of its own."""

    slug: ClassVar[str] = "in-the-future"

    def __init__(self, day: date, today: date) -> None:
        super().__init__(
            f"effective_on {day} is in the future (today is {today}). Record what is so today and put the planned day "
            f'into expected_live_on: "expected_live_on": "{day}".',
            f"effective_on {german(day)} liegt in der Zukunft (heute ist der {german(today)}). Bitte den heutigen Stand "
            f"erfassen und den geplanten Tag in expected_live_on eintragen.",
            field="effective_on",
        )


class TooLongAgo(_Invalid):
    """Most likely a slip of the keyboard."""

    slug: ClassVar[str] = "too-long-ago"

    def __init__(self, day: date, field: str = "effective_on") -> None:
        super().__init__(
            f"{field} {day} is before {EARLIEST}; please check the year.",
            f"{field} {german(day)} liegt vor dem {german(EARLIEST)}; bitte das Jahr prüfen.",
            field=field,
        )


class AssessedInTheFuture(_Invalid):
    """An assessment or a source's state has happened."""

    slug: ClassVar[str] = "assessed-in-the-future"

    def __init__(self, day: date, today: date, field: str) -> None:
        super().__init__(
            f"{field} {day} is in the future (today is {today}).",
            f"{field} {german(day)} liegt in der Zukunft (heute ist der {german(today)}).",
            field=field,
        )


class ExpectedInThePast(_Invalid):
    """What is expected comes after the day on which it is expected."""

    slug: ClassVar[str] = "expected-in-the-past"

    def __init__(self, expected: date, effective_on: date) -> None:
        super().__init__(
            f"expected_live_on {expected} is before effective_on {effective_on}, but the service is not live yet. "
            'Give a later day, or record "phase": "live" from the day it went live.',
            f"expected_live_on {german(expected)} liegt vor effective_on {german(effective_on)}, obwohl die Leistung noch "
            'nicht live ist. Bitte einen späteren Tag nennen oder "live" ab dem Tag der Freischaltung erfassen.',
            field="expected_live_on",
        )


class MaturityModelUnknown(_Invalid):
    """Levels mean something only in a model that is known here."""

    slug: ClassVar[str] = "maturity-model-unknown"

    def __init__(self, model: str, known: list[str]) -> None:
        names = ", ".join(known)
        super().__init__(
            f"There is no maturity model {model!r}. Known are: {names}.",
            f"Ein Reifegradmodell {model!r} ist nicht bekannt. Es gibt: {names}.",
            field="maturity.model",
        )


class MaturityLevelOutside(_Invalid):
    """The model has no such level."""

    slug: ClassVar[str] = "maturity-level-outside"

    def __init__(self, model: MaturityModel, level: int) -> None:
        highest = len(model.levels) - 1
        super().__init__(
            f"Level {level} is outside the model {model.id}, which has the levels 0 to {highest}.",
            f"Stufe {level} gibt es im Modell {model.id} nicht; es reicht von 0 bis {highest}.",
            field="maturity.level",
        )


class MaturityOfComponent(_Invalid):
    """A component is no service: the OZG's levels do not apply to it."""

    slug: ClassVar[str] = "maturity-of-component"

    def __init__(self, service: Service) -> None:
        super().__init__(
            f"{service.ref.title} ({service.key}) is a component and has no OZG maturity. Leave maturity out.",
            f"{service.ref.title} ({service.key}) ist ein Basisdienst und hat keinen OZG-Reifegrad. "
            "Bitte maturity weglassen.",
            field="maturity",
        )


class ReasonMissing(_Invalid):
    """Who says that a service does not apply says why, because it leaves the denominator."""

    slug: ClassVar[str] = "reason-missing"

    def __init__(self) -> None:
        super().__init__(
            "not_applicable needs a reason: no_case, not_offered or delivered_by.",
            "not_applicable braucht einen Grund (reason): no_case (kommt hier nicht vor), not_offered (bieten wir nicht an) "
            "oder delivered_by (erbringt jemand anders).",
            field="reason",
        )


class ReasonNotWanted(_Invalid):
    """A reason belongs to not_applicable only."""

    slug: ClassVar[str] = "reason-not-wanted"

    def __init__(self, phase: str) -> None:
        super().__init__(
            f"A reason belongs to the phase not_applicable only, not to {phase}. Leave it out or put it into the note.",
            f"Ein Grund (reason) gehört nur zu not_applicable, nicht zu {phase}. Bitte weglassen oder in die Notiz schreiben.",
            field="reason",
        )


class NotAWebAddress(_Invalid):
    """Something people can click on."""

    slug: ClassVar[str] = "not-a-web-address"

    def __init__(self, given: str, field: str) -> None:
        shown = given if len(given) <= 80 else given[:77] + "…"
        super().__init__(
            f"{field} {shown!r} is no web address. It begins with https:// or http:// and has at most {URL_LIMIT} characters.",
            f"{field} {shown!r} ist keine Webadresse. Sie beginnt mit https:// oder http:// und hat höchstens {URL_LIMIT} Zeichen.",
            field=field,
        )


class NoteTooLong(_Invalid):
    """A note is a note."""

    slug: ClassVar[str] = "note-too-long"

    def __init__(self, length: int) -> None:
        super().__init__(
            f"The note has {length} characters; at most {NOTE_LIMIT} are kept.",
            f"Die Notiz hat {length} Zeichen; höchstens {NOTE_LIMIT} sind möglich.",
            field="note",
        )


class UsesUnknownSolution(_Invalid):
    """No solution is published under this slug."""

    slug: ClassVar[str] = "uses-unknown-solution"

    def __init__(self, solution: str) -> None:
        super().__init__(
            f"There is no solution {solution!r}. What there is: /solutions?service=… Leave the field out if yours is not listed.",
            f"Eine Lösung {solution!r} ist nicht veröffentlicht. Was es gibt: /solutions?service=… Ist Ihre nicht dabei, "
            "bleibt das Feld leer.",
            field="solution",
        )


class UsesWithdrawnSolution(_Invalid):
    """The solution is no longer offered."""

    slug: ClassVar[str] = "uses-withdrawn-solution"

    def __init__(self, name: str, slug: str) -> None:
        super().__init__(
            f"{name} ({slug}) was withdrawn by its publisher, so nothing new is recorded with it.",
            f"{name} ({slug}) wurde zurückgezogen; damit wird nichts Neues erfasst.",
            field="solution",
        )


class SolutionDoesNotCover(_Invalid):
    """The solution is there, but not for this service."""

    slug: ClassVar[str] = "solution-does-not-cover"

    def __init__(self, name: str, service: Service, covered: list[str]) -> None:
        names = ", ".join(covered[:10]) + (" …" if len(covered) > 10 else "")
        super().__init__(
            f"{name} does not cover {service.ref.title} ({service.key}). It covers: {names}.",
            f"{name} deckt {service.ref.title} ({service.key}) nicht ab, sondern: {names}.",
            field="solution",
        )


class NotResponsible(Refusal):
    """Another authority delivers it there; if that is wrong, the municipality itself can say so."""

    slug: ClassVar[str] = "not-responsible"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(
        self, municipality: Municipality, service: Service, deliverer: MunicipalityRef | None, day: date
    ) -> None:
        self.deliverer = deliverer
        level = service.listed.level
        who = (
            f"it is delivered by {deliverer.name} ({deliverer.id})"
            if deliverer
            else f"it is delivered at {level} level"
        )
        wer = f"zuständig ist {deliverer.name} ({deliverer.id})" if deliverer else f"zuständig ist die Ebene {level}"
        path = f"PUT /municipalities/{municipality.id}/responsibilities/{service.key}"
        body = f'{{"serves": {{"members": ["{municipality.id}"]}}, "effective_on": "{day}"}}'
        super().__init__(
            f"{municipality.name} is not responsible for {service.ref.title} ({service.key}) on {day}: {who}. "
            f"If it is responsible after all, record that first: {path} with {body}.",
            f"{municipality.name} ist am {german(day)} für {service.ref.title} ({service.key}) nicht zuständig: {wer}. "
            f"Falls doch, bitte zuerst das festhalten: {path} mit {body}.",
            field="service",
        )


class NewerStatementStands(Refusal):
    """What the municipality itself said last is not overwritten by what others say of it."""

    slug: ClassVar[str] = "newer-statement-stands"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self, standing: Recording, basis: str, differences: list[tuple[str, str, str]]) -> None:
        self.differences = differences
        day = standing.recorded_on
        en = "; ".join(f"{field}: recorded {held}, {basis} says {given}" for field, held, given in differences)
        de = "; ".join(f"{field}: erfasst {held}, {basis} sagt {given}" for field, held, given in differences)
        super().__init__(
            f"The statement recorded on {day} ({standing.state.basis.kind}) stands. Difference: {en}.",
            f"Die am {german(day)} erfasste Angabe ({standing.state.basis.kind}) bleibt stehen. Unterschied: {de}.",
            field="basis",
        )


class NothingRecorded(Refusal):
    """There is nothing to read, confirm or retract."""

    slug: ClassVar[str] = "nothing-recorded"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(
        self, municipality: str, service: str, day: date | None = None, days: list[date] | None = None
    ) -> None:
        en, de = (
            f"Nothing is recorded for {service} in {municipality}",
            f"Für {service} in {municipality} ist nichts erfasst",
        )
        if day is not None:
            en, de = f"{en} with effective_on {day}", f"{de}, das ab dem {german(day)} gilt"
        if days:
            en = f"{en}. There is: {', '.join(map(str, days))}"
            de = f"{de}. Erfasst ist: {', '.join(map(german, days))}"
        super().__init__(f"{en}.", f"{de}.", field="effective_on" if day is not None else None)
