"""What somebody typed into a search, word by word, with what they may have meant."""

import csv
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

from catalog.importing.words import fold

MOST_WORDS = 8
_MEANT_WEIGHT = 0.95
"""A hit on what was meant comes after one on what was said."""
_NOTHING_TOLD = """
am an auf aus bei beim das dem den der des die ein eine einen einer für im in mit nach oder ohne und vom von was wie wo
zu zum zur a and at for of on or the to
"""
_SAY_NOTHING = frozenset(map(fold, _NOTHING_TOLD.split()))


class Words(NamedTuple):
    """The words with their alternatives, as columns: which word, how it is written, how much a hit on it is worth."""

    numbers: list[int]
    written: list[str]
    weights: list[float]


def every(text: str) -> Words:
    """The words as they are: in a name each of them tells something."""
    words = _written(text)[:MOST_WORDS]
    return Words(list(range(len(words))), words, [1.0] * len(words))


def asked(text: str) -> Words:
    """`Führerschein umtausch` → führerschein, or less so fahrerlaubnis; and umtausch."""
    words = _written(text)
    telling = [word for word in words if fold(word) not in _SAY_NOTHING] or words
    result = Words([], [], [])
    for number, word in enumerate(telling[:MOST_WORDS]):
        for written, weight in ((word, 1.0), *((meant, _MEANT_WEIGHT) for meant in _meant().get(fold(word), ()))):
            result.numbers.append(number)
            result.written.append(written)
            result.weights.append(weight)
    return result


def _written(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text) if any(map(str.isalnum, word))]


def digits(text: str) -> str | None:
    """The number that was typed, if it is one: a key, an OZG-ID, a postcode."""
    number = re.sub(r"^(?:leika|ars|ozg|ags):?|\s", "", text.strip(), flags=re.IGNORECASE)
    return number if re.fullmatch(r"[0-9]{3,14}", number) else None


@cache
def _meant() -> dict[str, tuple[str, ...]]:
    rows = csv.DictReader(
        (resources.files("catalog.reading") / "synonyms.csv").read_text(encoding="utf-8").splitlines()
    )
    meant: dict[str, tuple[str, ...]] = {}
    for row in rows:
        said = fold(row["said"])
        meant[said] = (*meant.get(said, ()), row["meant"])
    return meant
