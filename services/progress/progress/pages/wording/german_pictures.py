"""What the pages say in German about pictures and what they compare."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "picture_state": "Stand der Leistungen",
    "picture_trend": "Anteile in den letzten zwei Jahren",
    "picture_source": "Gemeinden: Destatis, dl-de/by-2-0; Karte: GeoBasis-DE / BKG 2017; verändert",
    "picture_demo": "Stände zum Teil erfunden.",
    "picture_of": "Dieses Bild als",
    "table_of": "Diese Zahlen als",
    "table": "Tabelle",
    "compare": "Vergleich",
    "compare_with": "Mit einer anderen Kommune vergleichen",
    "compare_hint": "Name oder Schlüssel",
    "compare_do": "Vergleichen",
    "compare_meant": "Welche ist gemeint?",
    "compare_end": "Vergleich beenden",
    "to_page_of": "Zur Seite von",
    "peers_median": "Vergleichbare (Median)",
    "figure": "Anteil",
    "theme": "Themenfeld",
    "compare_themes": "Online nach Themenfeld vergleichen",
    "peers_report": " {count} davon berichten; ihr Median ist der Wert der mittleren.",
    "peers_silent": " Noch keine davon berichtet.",
}
