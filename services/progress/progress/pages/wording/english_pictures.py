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
}
