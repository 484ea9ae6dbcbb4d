"""Which language an answer is in: English unless the reader prefers German."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "de"]
Text: TypeAlias = str | Mapping[Language, str]


def preferred(accept_language: str) -> Language:
    """German if `Accept-Language` ranks it above English, else English."""
    ranks = {"en": 0.0, "de": 0.0}
    for part in accept_language.lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        primary = tag.split("-")[0]
        if primary in ranks:
            ranks[primary] = max(ranks[primary], _rank(quality))
    return "de" if ranks["de"] > ranks["en"] else "en"


def in_language(text: Text, language: Language) -> str:
    """The text in that language; a plain string is the same in every language."""
    if isinstance(text, str):
        return text
    return text.get(language) or text.get("en") or next(iter(text.values()))


def _rank(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
