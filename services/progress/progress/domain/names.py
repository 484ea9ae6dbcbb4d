"""What codes are called in what people read."""

from typing import Final

THEMES: Final[dict[str, dict[str, str]]] = {
    "arbeit_ruhestand": {"de": "Arbeit & Ruhestand", "en": "Work & retirement"},
    "bauen_wohnen": {"de": "Bauen & Wohnen", "en": "Building & housing"},
    "bildung": {"de": "Bildung", "en": "Education"},
    "ein_auswanderung": {"de": "Ein- & Auswanderung", "en": "Migration"},
    "engagement_hobby": {"de": "Engagement & Hobby", "en": "Volunteering & leisure"},
    "familie_kind": {"de": "Familie & Kind", "en": "Family & children"},
    "forschung_foerderung": {"de": "Forschung & Förderung", "en": "Research & funding"},
    "gesundheit": {"de": "Gesundheit", "en": "Health"},
    "mobilitaet_reisen": {"de": "Mobilität & Reisen", "en": "Mobility & travel"},
    "querschnittsleistungen": {"de": "Querschnittsleistungen", "en": "Cross-cutting services"},
    "recht_ordnung": {"de": "Recht & Ordnung", "en": "Law & order"},
    "steuern_zoll": {"de": "Steuern & Zoll", "en": "Taxes & customs"},
    "umwelt": {"de": "Umwelt", "en": "Environment"},
    "unternehmensfuehrung_entwicklung": {"de": "Unternehmensführung & -entwicklung", "en": "Running a business"},
    "ohne": {"de": "Ohne Themenfeld", "en": "No theme"},
}
LEVELS: Final[dict[str, dict[str, str]]] = {
    "commune": {"de": "Gemeinde", "en": "Commune"},
    "association": {"de": "Gemeindeverband", "en": "Association"},
    "special_purpose": {"de": "Zweckverband", "en": "Special-purpose association"},
    "district": {"de": "Kreis", "en": "District"},
    "state": {"de": "Land", "en": "State"},
    "national": {"de": "Bund", "en": "Federation"},
    "federal": {"de": "Bund", "en": "Federation"},
    "internal": {"de": "verwaltungsintern", "en": "Internal"},
}
PHASES: Final[dict[str, dict[str, str]]] = {
    "not_started": {"de": "nicht begonnen", "en": "not started"},
    "planned": {"de": "geplant", "en": "planned"},
    "in_preparation": {"de": "in Vorbereitung", "en": "in preparation"},
    "in_implementation": {"de": "in Umsetzung", "en": "in implementation"},
    "pilot": {"de": "Pilotbetrieb", "en": "pilot"},
    "live": {"de": "live", "en": "live"},
    "deferred": {"de": "zurückgestellt", "en": "deferred"},
    "suspended": {"de": "ausgesetzt", "en": "suspended"},
    "ended": {"de": "beendet", "en": "ended"},
    "not_applicable": {"de": "entfällt", "en": "not applicable"},
}


def named(names: dict[str, dict[str, str]], code: str) -> dict[str, str]:
    """The names of a code by language; an unknown code names itself."""
    return names.get(code) or {"de": code, "en": code}
