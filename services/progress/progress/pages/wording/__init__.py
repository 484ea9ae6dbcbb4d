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
    english_upload,
    german,
    german_acting,
    german_alerts,
    german_citizens,
    german_pictures,
    german_upload,
)

_GERMAN: Final = (german, german_acting, german_alerts, german_citizens, german_pictures, german_upload)
_ENGLISH: Final = (english, english_acting, english_alerts, english_citizens, english_pictures, english_upload)
WORDS: Final[Mapping[Language, dict[str, str]]] = {
    "de": {key: text for part in _GERMAN for key, text in part.WORDS.items()},
    "en": {key: text for part in _ENGLISH for key, text in part.WORDS.items()},
}
