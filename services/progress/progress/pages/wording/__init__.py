"""What the pages say: each language in a file of its own, a key the same in both. A page asks with `w.key`."""

from collections.abc import Mapping
from typing import Final

from edge.language import Language
from progress.pages.wording import (
    english,
    english_acting,
    english_alerts,
    english_citizens,
    english_pictures,
    german,
    german_acting,
    german_alerts,
    german_citizens,
    german_pictures,
)

WORDS: Final[Mapping[Language, dict[str, str]]] = {
    "de": german.WORDS | german_acting.WORDS | german_alerts.WORDS | german_citizens.WORDS | german_pictures.WORDS,
    "en": english.WORDS | english_acting.WORDS | english_alerts.WORDS | english_citizens.WORDS | english_pictures.WORDS,
}
