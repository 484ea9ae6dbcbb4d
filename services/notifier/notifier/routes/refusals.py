"""How refusals read over HTTP. The only place that knows their statuses."""

from collections.abc import Callable, Mapping
from typing import Any

from edge.language import Text
from edge.problems import Problem
from events.contracts.keys import MalformedKey
from events.contracts.refusals import Refusal, RefusalKind

STATUSES: Mapping[RefusalKind, int] = {"invalid": 422, "unknown": 404, "forbidden": 403, "conflict": 409, "gone": 410}
_TITLES: Mapping[RefusalKind, Text] = {
    "invalid": {"en": "Cannot be subscribed to so", "de": "So nicht möglich"},
    "unknown": {"en": "Not known", "de": "Nicht bekannt"},
    "forbidden": {"en": "Not allowed", "de": "Nicht erlaubt"},
    "conflict": {"en": "Contradicts what holds", "de": "Widerspricht dem, was gilt"},
    "gone": {"en": "No longer there", "de": "Nicht mehr vorhanden"},
}


def _refused(refusal: Refusal) -> Problem:
    return Problem(
        STATUSES[refusal.kind],
        refusal.slug,
        _TITLES[refusal.kind],
        {"en": refusal.en, "de": refusal.de},
        field=refusal.field,
    )


def key_in(field: str, parse: Callable[[str], str], text: str) -> str:
    """The full key, or a problem that names the field."""
    try:
        return parse(text)
    except MalformedKey as error:
        raise _malformed_key(error, field) from None


def _malformed_key(error: MalformedKey, field: str | None = None) -> Problem:
    title: Text = {"en": "Malformed key", "de": "Fehlerhafter Schlüssel"}
    detail: Text = {"en": f"{error.en}.", "de": f"{error.de}."}
    return Problem(400, "malformed-key", title, detail, field=field or error.field)


PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {Refusal: _refused, MalformedKey: _malformed_key}
