"""How refusals and failures of the log read over HTTP. The only place that knows their statuses."""

from collections.abc import Callable, Mapping
from typing import Any

from edge.conditional import precondition_failed
from edge.language import Text
from edge.problems import Problem, RowError
from events.contracts.keys import MalformedKey
from events.contracts.refusals import Refusal, RefusalKind
from events.log.append import IdempotencyKeyReused, StorageUnavailable, Unstorable, WrongVersion

STATUSES: Mapping[RefusalKind, int] = {"invalid": 422, "unknown": 404, "forbidden": 403, "conflict": 409, "gone": 410}
_TITLES: Mapping[RefusalKind, Text] = {
    "invalid": {"en": "Cannot be recorded so", "de": "So nicht möglich"},
    "unknown": {"en": "Not known", "de": "Nicht bekannt"},
    "forbidden": {"en": "Not allowed", "de": "Nicht erlaubt"},
    "conflict": {"en": "Contradicts what holds", "de": "Widerspricht dem, was gilt"},
    "gone": {"en": "No longer there", "de": "Nicht mehr vorhanden"},
}


def refused(refusal: Refusal) -> Problem:
    """A decision's no."""
    rows = [RowError(row=row.row, field=row.field, detail={"en": row.en, "de": row.de}) for row in _rows(refusal)]
    return Problem(
        STATUSES[refusal.kind],
        refusal.slug,
        _TITLES[refusal.kind],
        {"en": refusal.en, "de": refusal.de},
        field=refusal.field,
        errors=rows,
        **_extensions(refusal),
    )


def _rows(refusal: Refusal) -> Any:
    return getattr(refusal, "rows", ())


def _extensions(refusal: Refusal) -> dict[str, Any]:
    """What a program may want to act on: the successor, who delivers, where the import differs."""
    extensions: dict[str, Any] = {}
    for name in ("successor", "deliverer"):
        if (other := getattr(refusal, name, None)) is not None:
            extensions[name] = {"id": other.id, "name": other.name}
    if differences := getattr(refusal, "differences", None):
        extensions["differences"] = [
            {"field": field, "recorded": held, "given": given} for field, held, given in differences
        ]
    return extensions


def _malformed_key(error: MalformedKey) -> Problem:
    title: Text = {"en": "Malformed key", "de": "Fehlerhafter Schlüssel"}
    return Problem(400, "malformed-key", title, {"en": f"{error.en}.", "de": f"{error.de}."}, field=error.field)


def _wrong_version(error: WrongVersion) -> Problem:
    return precondition_failed(error.current or None)


def _key_reused(_: IdempotencyKeyReused) -> Problem:
    return Problem(
        422,
        "idempotency-key-reused",
        {"en": "Idempotency-Key used before", "de": "Idempotency-Key schon verwendet"},
        {
            "en": "This Idempotency-Key came with another request before. Use a new one for each new request.",
            "de": "Dieser Idempotency-Key kam schon mit einer anderen Anfrage. Für jede neue Anfrage einen neuen wählen.",
        },
        field="Idempotency-Key",
    )


def _unstorable(_: Unstorable) -> Problem:
    return Problem(
        422,
        "unstorable",
        {"en": "Cannot be stored", "de": "Kann nicht gespeichert werden"},
        {
            "en": "The database refuses these values. Check for unusual characters and numbers out of range.",
            "de": "Die Datenbank lehnt diese Werte ab. Bitte auf ungewöhnliche Zeichen und zu große Zahlen prüfen.",
        },
    )


def _unavailable(_: StorageUnavailable) -> Problem:
    return Problem(
        503,
        "storage-unavailable",
        {"en": "Cannot be kept now", "de": "Kann gerade nicht gespeichert werden"},
        {
            "en": "The database did not answer, so it is not known to be kept. Send it again with the same Idempotency-Key.",
            "de": "Die Datenbank hat nicht geantwortet; ob gespeichert wurde, ist offen. Bitte mit demselben "
            "Idempotency-Key wiederholen.",
        },
        headers={"retry-after": "2"},
    )


PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Refusal: refused,
    MalformedKey: _malformed_key,
    WrongVersion: _wrong_version,
    IdempotencyKeyReused: _key_reused,
    Unstorable: _unstorable,
    StorageUnavailable: _unavailable,
}
