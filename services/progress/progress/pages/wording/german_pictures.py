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
}
