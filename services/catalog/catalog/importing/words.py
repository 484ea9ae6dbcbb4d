"""The sheet's columns and words as clerks write them: German or English, with or without umlauts, spaces and hyphens."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeVar, get_args

from events.contracts.words import Phase, Reason

Column = Literal[
    "service",
    "title",
    "phase",
    "maturity_model",
    "maturity_level",
    "effective_on",
    "expected_live_on",
    "online_url",
    "solution",
    "reason",
    "note",
]
COLUMNS: tuple[Column, ...] = get_args(Column)
Language = Literal["de", "en"]
Word = TypeVar("Word", bound=str)


class Label(NamedTuple):
    """How a word is written for people; `also` is understood when read."""

    de: str
    en: str
    also: tuple[str, ...] = ()

    def in_(self, language: Language) -> str:
        """In that language."""
        return self.de if language == "de" else self.en


HEADERS: Mapping[Column, Label] = {
    "service": Label(
        "Leistung",
        "service",
        ("Leistungsschlüssel", "Schlüssel", "LeiKa", "LeiKa-Schlüssel", "LeiKa-ID", "LeiKa-Key", "Service key", "Key"),
    ),
    "title": Label("Bezeichnung", "title", ("Titel", "Name", "Leistungsbezeichnung", "Leistungsname", "LeiKa-Name")),
    "phase": Label("Phase", "phase", ("Umsetzungsphase", "Umsetzungsstand", "Umsetzungsstatus", "Stand", "Status")),
    "maturity_model": Label("Reifegradmodell", "maturity_model", ("Modell", "Model")),
    "maturity_level": Label("Reifegrad", "maturity_level", ("Reifegradstufe", "Stufe", "Maturity", "Level")),
    "effective_on": Label("Gilt ab", "effective_on", ("Gültig ab", "Seit", "Ab", "Wirksam ab", "Datum", "Since")),
    "expected_live_on": Label(
        "Voraussichtlich live ab",
        "expected_live_on",
        (
            "Voraussichtlich live",
            "Geplant für",
            "Geplanter Start",
            "Geplantes Go-Live",
            "Go-Live geplant",
            "Erwartet am",
        ),
    ),
    "online_url": Label("Online-Adresse", "online_url", ("URL", "Link", "Adresse", "Internetadresse", "Online-Link")),
    "solution": Label("Lösung", "solution", ("Nachgenutzte Lösung", "EfA-Lösung", "Verfahren")),
    "reason": Label("Grund", "reason", ("Begründung",)),
    "note": Label("Bemerkung", "note", ("Notiz", "Anmerkung", "Hinweis", "Kommentar", "Comment")),
}
PHASES: Mapping[Phase, Label] = {
    "not_started": Label("Nicht begonnen", "Not started", ("Offen", "Nicht gestartet")),
    "planned": Label("Geplant", "Planned", ("In Planung", "Planung")),
    "in_preparation": Label("In Vorbereitung", "In preparation", ("Vorbereitung", "Konzeption")),
    "in_implementation": Label("In Umsetzung", "In implementation", ("Umsetzung", "In Arbeit")),
    "pilot": Label("Pilotbetrieb", "Pilot", ("Pilotierung", "Pilotphase", "In Erprobung", "Testbetrieb")),
    "live": Label(
        "Live", "Live", ("In Betrieb", "Online", "Produktiv", "Produktivbetrieb", "Freigeschaltet", "Go-Live")
    ),
    "deferred": Label("Zurückgestellt", "Deferred", ("Verschoben", "Vertagt")),
    "suspended": Label("Ausgesetzt", "Suspended", ("Unterbrochen", "Pausiert")),
    "ended": Label("Beendet", "Ended", ("Eingestellt", "Abgeschaltet")),
    "not_applicable": Label("Nicht zutreffend", "Not applicable", ("Entfällt", "Trifft nicht zu", "n/a")),
}
REASONS: Mapping[Reason, Label] = {
    "no_case": Label("Kein Anwendungsfall", "No case", ("Kein Fall", "Kommt nicht vor")),
    "not_offered": Label("Wird nicht angeboten", "Not offered", ("Nicht angeboten", "Kein Angebot")),
    "delivered_by": Label(
        "Andere Stelle zuständig",
        "Delivered by another authority",
        (
            "Andere Behörde zuständig",
            "Andere Stelle",
            "Wird von anderen erbracht",
            "Erbringt jemand anders",
            "Delivered by",
        ),
    ),
}
TODAY_WORDS = ("heute", "today")
_UMLAUTS = {"ß": "ss", "ä": "a", "ö": "o", "ü": "u", "ae": "a", "oe": "o", "ue": "u"}


def fold(text: str) -> str:
    """The letters and digits alone; ü, ue and u are one, as people write them without an umlaut on the keyboard."""
    folded = text.casefold()
    for written, plain in _UMLAUTS.items():
        folded = folded.replace(written, plain)
    return "".join(filter(str.isalnum, folded))


def _readings(labels: Mapping[Word, Label]) -> dict[str, Word]:
    return {
        fold(spelling): word
        for word, label in labels.items()
        for spelling in (str(word), label.de, label.en, *label.also)
    }


_headers = _readings(HEADERS)
_phases = _readings(PHASES)
_reasons = _readings(REASONS)


def column(text: str) -> Column | None:
    """Which column a header means."""
    return _headers.get(fold(text))


def phase(text: str) -> Phase | None:
    """Which phase a word means."""
    return _phases.get(fold(text))


def reason(text: str) -> Reason | None:
    """Which reason a word means."""
    return _reasons.get(fold(text))


def listed(labels: Mapping[Word, Label], language: Language) -> str:
    """All words of a vocabulary, for a message: `Geplant (planned), …`."""
    return ", ".join(_both(word, label, language) for word, label in labels.items())


def _both(word: str, label: Label, language: Language) -> str:
    return word if language == "en" else f"{label.de} ({word})"


def texts(words: Iterable[str]) -> str:
    """Words as an enumeration."""
    return ", ".join(words)
