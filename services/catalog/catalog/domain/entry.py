"""What somebody wants recorded of one service, and whether it makes sense in itself."""

import re
from datetime import date
from urllib.parse import urlsplit

import msgspec

from catalog.domain.days import EARLIEST
from catalog.domain.service import Service
from catalog.domain.status import Recording
from catalog.domain.status_refusals import (
    NOTE_LIMIT,
    URL_LIMIT,
    AssessedInTheFuture,
    ExpectedInThePast,
    InTheFuture,
    MaturityLevelOutside,
    MaturityModelUnknown,
    MaturityOfComponent,
    NotAWebAddress,
    NoteTooLong,
    ReasonMissing,
    ReasonNotWanted,
    TooLongAgo,
)
from events.contracts.maturity import MODELS
from events.contracts.parts import SELF, Basis, Maturity, Status
from events.contracts.words import Phase, Reason

_PLAIN_URL = re.compile(r"https?://[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?:/[!-~]*)?")
"""Most addresses, known to be good at a glance; the others are taken apart."""
BEFORE_LIVE = frozenset({"not_started", "planned", "in_preparation", "in_implementation", "pilot", "deferred"})


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One service's status as asked for. `basis: None` (a sheet) keeps the basis of what is unchanged and is `self` else."""

    service: str
    phase: Phase
    effective_on: date
    maturity: Maturity | None = None
    expected_live_on: date | None = None
    online_url: str | None = None
    solution: str | None = None
    reason: Reason | None = None
    basis: Basis | None = SELF
    correction: bool = False
    note: str | None = None
    instead_of: date | None = None
    """In a sheet: the day was edited, so the recording of that other day is void."""

    def status_after(self, held: Status | None) -> Status:
        """The status asked for; an assessment's day that is not given is that of the same maturity before."""
        maturity = self.maturity
        if maturity is not None and maturity.assessed_on is None and held is not None and held.maturity is not None:
            same = (maturity.model, maturity.level) == (held.maturity.model, held.maturity.level)
            maturity = held.maturity if same else maturity
        status = Status(
            phase=self.phase,
            maturity=maturity,
            expected_live_on=self.expected_live_on,
            online_url=self.online_url,
            solution=self.solution,
            reason=self.reason,
            basis=self.basis or SELF,
        )
        unchanged = self.basis is None and held is not None and status == content(held)
        return held if unchanged and held is not None else status

    @property
    def kept_note(self) -> str | None:
        """The note as it is kept: nothing but white space is no note, and none of it stands around one."""
        return (self.note or "").strip() or None

    def adds_nothing_to(self, held: Recording | None) -> bool:
        """Whether what is in force says all this already, on no weaker basis."""
        if held is None or self.kept_note not in {None, held.note}:
            return False
        if content(self.status_after(held.state)) != content(held.state):
            return False
        basis = held.state.basis
        return (
            self.basis is None
            or (basis.kind == "self" and self.basis.kind != "self")
            or (basis.kind, basis.url) == (self.basis.kind, self.basis.url)
        )


def content(status: Status) -> Status:
    """The status without its basis: what is claimed, whoever claims it."""
    return msgspec.structs.replace(status, basis=SELF)


def says_the_same(one: Status, other: Status) -> bool:
    """Whether both claim the same, on whatever basis."""
    return (
        one.phase == other.phase
        and one.online_url == other.online_url
        and one.maturity == other.maturity
        and one.expected_live_on == other.expected_live_on
        and one.solution == other.solution
        and one.reason == other.reason
    )


def differences(held: Status, given: Status) -> list[tuple[str, str, str]]:
    """Field by field: what is recorded, what is given."""
    return [
        (field, _word(getattr(held, field)), _word(getattr(given, field)))
        for field in ("phase", "maturity", "expected_live_on", "online_url", "solution", "reason")
        if getattr(held, field) != getattr(given, field)
    ]


def check(entry: Entry, service: Service, today: date) -> None:
    """Raises the refusal of whatever makes no sense in itself."""
    _check_days(entry, today)
    _check_maturity(entry, service, today)
    if entry.phase == "not_applicable" and entry.reason is None:
        raise ReasonMissing
    if entry.phase != "not_applicable" and entry.reason is not None:
        raise ReasonNotWanted(entry.phase)
    if entry.online_url is not None:
        check_url(entry.online_url, "online_url")
    if entry.note is not None and len(entry.note) > NOTE_LIMIT:
        raise NoteTooLong(len(entry.note))
    if entry.basis is not None:
        check_basis(entry.basis)
        if entry.basis.as_of is not None:
            _check_assessed(entry.basis.as_of, today, "basis.as_of")


def check_url(text: str, field: str) -> None:
    """Raises NotAWebAddress."""
    if len(text) <= URL_LIMIT and _PLAIN_URL.fullmatch(text):
        return
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or len(text) > URL_LIMIT or not text.isprintable() or " " in text:
        raise NotAWebAddress(text, field)


def check_basis(basis: Basis) -> None:
    """Raises NotAWebAddress."""
    if basis.url is not None:
        check_url(basis.url, "basis.url")


def _check_days(entry: Entry, today: date) -> None:
    if entry.effective_on > today:
        raise InTheFuture(entry.effective_on, today)
    if entry.effective_on < EARLIEST:
        raise TooLongAgo(entry.effective_on)
    expected = entry.expected_live_on
    if expected is not None and entry.phase in BEFORE_LIVE and expected < entry.effective_on:
        raise ExpectedInThePast(expected, entry.effective_on)


def _check_maturity(entry: Entry, service: Service, today: date) -> None:
    maturity = entry.maturity
    if maturity is None:
        return
    if service.listed.kind == "component":
        raise MaturityOfComponent(service)
    model = MODELS.get(maturity.model)
    if model is None:
        raise MaturityModelUnknown(maturity.model, list(MODELS))
    if not model.knows(maturity.level):
        raise MaturityLevelOutside(model, maturity.level)
    if maturity.assessed_on is not None:
        _check_assessed(maturity.assessed_on, today, "maturity.assessed_on")


def _check_assessed(day: date, today: date, field: str) -> None:
    if day > today:
        raise AssessedInTheFuture(day, today, field)
    if day < EARLIEST:
        raise TooLongAgo(day, field)


def _word(value: object) -> str:
    if isinstance(value, Maturity):
        return f"{value.model} {value.level}"
    return "–" if value is None else str(value)
