"""What the sheet's columns and words mean, for its second page and the handbook."""

from collections.abc import Mapping

from catalog.importing.words import Column, Label
from events.contracts.words import Phase, Reason

HELP: Mapping[Column, Label] = {
    "service": Label(
        "Schlüssel der Leistung. Nicht ändern; eigene Zeilen brauchen die 14 Ziffern (als Text formatiert) oder etwa "
        "basis:postausgang.",
        "The service's key. Leave it as it is; rows of your own need the 14 digits (formatted as text) or such as "
        "basis:postausgang.",
    ),
    "title": Label("Bezeichnung, nur zum Lesen.", "The title, for reading only."),
    "phase": Label(
        "Wie weit die Leistung bei Ihnen ist. Leer heißt: keine Angabe; es wird nichts erfasst und nichts gelöscht.",
        "How far the service is. Blank means no statement: nothing is recorded and nothing deleted.",
    ),
    "maturity_model": Label(
        "Modell, nach dem der Reifegrad bestimmt wurde: ozg-1.1 (0 bis 4) oder ozg-2.0 (0 bis 7).",
        "The model in which maturity was assessed: ozg-1.1 (0 to 4) or ozg-2.0 (0 to 7).",
    ),
    "maturity_level": Label(
        "Reifegrad als ganze Zahl. Leer heißt: nicht bewertet.",
        "The level as a whole number. Blank means not assessed.",
    ),
    "effective_on": Label(
        "Seit wann das so ist, höchstens heute: 01.11.2026 oder „heute“. Hat sich etwas geändert, hier den Tag der Änderung "
        "eintragen. Bleibt der alte Tag stehen, wird die alte Angabe berichtigt. Ändert sich nur der Tag, wird er verschoben.",
        "Since when it is so, today at the latest: 2026-11-01 or `today`. If something changed, give the day of the change. With "
        "the old day the old statement is corrected; another day alone moves it.",
    ),
    "expected_live_on": Label(
        "Wann die Leistung voraussichtlich live geht; darf in der Zukunft liegen.",
        "When it is expected to go live; may be in the future.",
    ),
    "online_url": Label(
        "Adresse, unter der die Leistung zu finden ist (https://…).", "Where the service is (https://…)."
    ),
    "solution": Label(
        "Kurzname der nachgenutzten Lösung, etwa postausgang-sachsen; leer, wenn keine aus dem Katalog.",
        "Slug of the reused solution, such as postausgang-sachsen; blank if none of the catalogue.",
    ),
    "reason": Label("Nur bei „Nicht zutreffend“: warum.", "With `not_applicable` only: why."),
    "note": Label(
        "Freier Text für die eigene Verwaltung; wird nicht veröffentlicht. Bitte keine Namen. Leer heißt: keine Angabe.",
        "Free text for your own administration; not published. No names, please. Blank means no statement.",
    ),
}
PHASE_HELP: Mapping[Phase, Label] = {
    "not_started": Label("Es ist nichts unternommen und nichts geplant.", "Nothing is done or planned."),
    "planned": Label("Beschlossen oder terminiert, aber nicht begonnen.", "Decided or scheduled, not begun."),
    "in_preparation": Label("Konzept, Auswahl, Beschaffung, Verträge.", "Concept, choice, procurement, contracts."),
    "in_implementation": Label("Die Lösung wird eingerichtet oder entwickelt.", "It is being set up or developed."),
    "pilot": Label("Läuft für einen Teil der Fälle oder Personen.", "Runs for some cases or people."),
    "live": Label(
        "Für alle verfügbar. Wie weit online, sagt der Reifegrad.", "Open to everyone. How far online, maturity says."
    ),
    "deferred": Label("Auf später verschoben.", "Put off."),
    "suspended": Label("War live und ist vorübergehend nicht verfügbar.", "Was live and is unavailable for a time."),
    "ended": Label("War live und wird nicht mehr angeboten.", "Was live and is no longer offered."),
    "not_applicable": Label(
        "Betrifft uns nicht; zählt dann nicht mit. Der Grund ist anzugeben.",
        "Not our case; then it is not counted. A reason is needed.",
    ),
}
REASON_HELP: Mapping[Reason, Label] = {
    "no_case": Label("Der Fall kommt hier nicht vor.", "The case does not occur here."),
    "not_offered": Label("Wir bieten die Leistung nicht an.", "We do not offer it."),
    "delivered_by": Label("Eine andere Stelle erbringt sie.", "Another authority delivers it."),
}
