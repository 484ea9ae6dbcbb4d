"""What the pages say in English about pictures and what they compare."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "picture_state": "state of the services",
    "picture_trend": "shares over the last two years",
    "picture_source": "Municipalities: Destatis, dl-de/by-2-0; map: GeoBasis-DE / BKG 2017; changed",
    "picture_demo": "Some statuses are made up.",
    "picture_of": "This picture as",
    "table_of": "These figures as",
    "table": "table",
    "compare": "Comparison",
    "compare_with": "Compare with another municipality",
    "compare_hint": "Name or key",
    "compare_do": "Compare",
    "compare_meant": "Which one is meant?",
    "compare_end": "End the comparison",
    "to_page_of": "To the page of",
    "peers_median": "Peers (median)",
    "figure": "Share",
    "theme": "Theme",
    "compare_themes": "Compare what is online by theme",
    "peers_report": " {count} of them report; their median is the value of the one in the middle.",
    "peers_silent": " None of them reports yet.",
}
