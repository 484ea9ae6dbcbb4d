"""What the pages say, German first. A key is the same in both languages; a page asks with `words[key]`."""

from typing import Final

from edge.language import Language

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "name": ("Stand der Digitalisierung", "State of digitalisation"),
    "skip": ("Zum Inhalt springen", "Skip to content"),
    "overview": ("Übersicht", "Overview"),
    "api": ("Schnittstellen", "APIs"),
    "other": ("English", "Deutsch"),
    "demo": ("Demonstrationsdaten.", "Demonstration data."),
    "demo_more": (
        "Kommunen und Leistungen sind echt; Stände und Angebote sind zum Teil zur Vorführung erfunden.",
        "Municipalities and services are real; some statuses and offers are made up for demonstration.",
    ),
    "title": ("Wie digital sind die Kommunen?", "How digital are the municipalities?"),
    "lead": (
        """Wie weit sind die Leistungen der Kommunen, und was lässt sich nachnutzen? Kommunen tragen es hier selbst ein, sehen \
den Stand aller und bekommen Bescheid, wenn etwas Fehlendes zu haben ist.""",
        """How far are the services of municipalities, and what can be reused? Municipalities enter it here themselves, see \
the state of all, and are told when something they lack is to be had.""",
    ),
    "search": ("Kommune suchen", "Find a municipality"),
    "search_hint": ("Name, Postleitzahl oder Regionalschlüssel", "Name, postcode or regional key"),
    "find": ("Suchen", "Search"),
    "found_none": ("Keine Kommune gefunden für", "No municipality found for"),
    "found": ("Gefunden", "Found"),
    "glance": ("Auf einen Blick", "At a glance"),
    "as_of": ("Stand", "As of"),
    "known_at": ("bekannt am", "as known on"),
    "online": ("Online", "Online"),
    "online_own": ("Online, eigene", "Online, own"),
    "online_all": ("Online, einschließlich übergeordneter", "Online, including higher levels"),
    "compliant": ("OZG-konform", "OZG-compliant"),
    "compliant_own": ("OZG-konform, eigene", "OZG-compliant, own"),
    "reporting": ("Es berichten", "Reporting"),
    "recorded": ("Erfasst, eigene", "Recorded, own"),
    "everywhere": ("Überall online", "Online everywhere"),
    "of": ("von", "of"),
    "responsibilities": ("Zuständigkeiten", "responsibilities"),
    "services": ("Leistungen", "services"),
    "municipalities": ("Kommunen", "municipalities"),
    "somewhere": ("weitere sind irgendwo online", "more are online somewhere"),
    "level_online": ("live ab Reifegrad 2 (OZG 1.1)", "live from level 2 (OZG 1.1)"),
    "level_compliant": ("live ab Reifegrad 3 (OZG 1.1)", "live from level 3 (OZG 1.1)"),
    "some_recorded": ("mit mindestens einem Stand", "with at least one status"),
    "with_above": ("mit dem, was Verband, Kreis, Land und Bund dort leisten", "with what higher levels deliver there"),
    "excluded_one": ("eine Leistung entfällt", "one service not applicable"),
    "excluded_many": ("Leistungen entfallen", "services not applicable"),
    "b_compliant": ("OZG-konform", "OZG-compliant"),
    "b_online": ("online, noch nicht konform", "online, not yet compliant"),
    "b_open": ("erfasst, noch nicht online", "recorded, not yet online"),
    "b_empty": ("nicht erfasst", "not recorded"),
    "how": ("Wie gezählt wird", "How this is counted"),
    "regions": ("Länder und Regionen", "States and regions"),
    "region": ("Land", "State"),
    "themes": ("Themenfelder", "Themes"),
    "trend": ("Entwicklung", "Development"),
    "trend_note": ("Anteil am jeweiligen Monatsende", "Share at each month's end"),
    "as_table": ("Zahlen als Tabelle", "Figures as a table"),
    "open_now": ("Jetzt für Sie offen", "Open to you now"),
    "open_note": (
        "Lösungen, die hier heute nachnutzbar sind, für Leistungen, die noch nicht online sind.",
        "Solutions that can be reused here today, for services that are not online yet.",
    ),
    "open_none": (
        "Zurzeit steht keine Lösung offen, die hier etwas Fehlendes abdeckt.",
        "No solution is open at the moment that covers something missing here.",
    ),
    "open_since": ("offen seit", "open since"),
    "open_for": ("für", "for"),
    "cost": ("Kosten", "Cost"),
    "contract": ("Vertrag", "Contract"),
    "needs": ("Voraussetzung", "Preconditions"),
    "in_use": ("In Nutzung", "In use"),
    "per_year": ("im Jahr", "a year"),
    "once": ("einmalig", "once"),
    "unknown": ("keine Angabe", "not stated"),
    "peers": ("vergleichbare", "comparable"),
    "all_services": ("Alle Leistungen nach Themenfeld", "All services by theme"),
    "tiles_note": (
        "Jedes Feld ist eine Leistung, die Ziffer ihr Reifegrad.",
        "Each tile is a service, the digit its maturity level.",
    ),
    "components": ("Komponenten", "Components"),
    "t_compliant": ("OZG-konform", "OZG-compliant"),
    "t_online": ("online, noch nicht konform", "online, not yet compliant"),
    "t_live": ("live, aber nicht online", "live, but not online"),
    "t_unassessed": ("live, Reifegrad nicht bewertet", "live, maturity not assessed"),
    "t_work": ("in Arbeit", "in work"),
    "t_planned": ("geplant", "planned"),
    "t_not": ("nicht begonnen oder ruht", "not begun or resting"),
    "t_empty": ("nicht erfasst", "not recorded"),
    "t_excluded": ("entfällt", "not applicable"),
    "blind": ("Blinde Flecken", "Blind spots"),
    "blind_note": (
        "Hier nicht erfasst, bei vergleichbaren Kommunen meist online.",
        "Not recorded here, online at most comparable municipalities.",
    ),
    "ask": ("Fragen Sie", "Ask"),
    "inhabitants": ("Einwohner", "inhabitants"),
    "in": ("in", "in"),
    "show": ("Zeigen", "Show"),
    "today": ("heute", "today"),
    "end_of": ("Ende", "End of"),
    "gone": ("Diese Kommune ist aufgegangen in", "This municipality became part of"),
    "cite": ("Diese Seite zitieren", "Cite this page"),
    "permanent": ("Dauerhafter Verweis", "Permanent link"),
    "download": ("Herunterladen", "Download"),
    "basics": ("Grundlagen", "Basics"),
    "definitions": ("Definitionen", "Definitions"),
    "source": (
        "Gemeinden: © Statistisches Bundesamt (Destatis), 30.11.2025, dl-de/by-2-0, verändert.",
        "Municipalities: © Statistisches Bundesamt (Destatis), 30 Nov 2025, dl-de/by-2-0, changed.",
    ),
    "empty_title": ("Noch ist nichts erfasst", "Nothing is recorded yet"),
    "empty_none": (
        """Der Katalog der Kommunen und Leistungen ist noch nicht angekommen. Beim ersten Start dauert das einige Sekunden; \
bitte die Seite dann neu laden.""",
        """The catalogue of municipalities and services has not arrived yet. On a first start this takes a few seconds; then \
reload this page.""",
    ),
    "empty_some": (
        "Kommunen und Leistungen sind da, aber noch kein Stand. So geht es los:",
        "Municipalities and services are there, but no status yet. To begin:",
    ),
    "empty_demo": (
        "oder zum Ausprobieren mit erfundenen Ständen für Sachsen:",
        "or, to try it with made-up statuses for Saxony:",
    ),
    "not_found": ("Diese Kommune kennen wir nicht", "We do not know this municipality"),
}


def words(language: Language) -> dict[str, str]:
    """Everything in one language."""
    place = 0 if language == "de" else 1
    return {key: both[place] for key, both in _WORDS.items()}
