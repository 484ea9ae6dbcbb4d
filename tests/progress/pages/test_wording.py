"""What the pages say: in both languages, and as people write numbers and days."""

import re
from datetime import date
from pathlib import Path

import pytest

from progress.pages import rendering
from progress.pages.formatting import FORMATS
from progress.pages.wording import WORDS

TEMPLATES = Path(rendering.__file__).parent / "templates"


def test_both_languages_have_the_same_words_with_the_same_gaps() -> None:
    german, english = WORDS["de"], WORDS["en"]
    assert german.keys() == english.keys()
    assert all(german.values())
    assert all(english.values())
    for key, text in german.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_every_word_that_a_template_asks_for_is_there() -> None:
    asked = set(re.findall(r"\bw\.(\w+)", "".join(path.read_text() for path in TEMPLATES.glob("*.html"))))
    assert asked <= WORDS["de"].keys()


@pytest.mark.parametrize(
    ("language", "number", "share", "day", "short"),
    [
        ("de", "1.234", "35,8\u202f%", "20.\u202fNovember 2026", "20.11.2026"),
        ("en", "1,234", "35.8%", "20 November 2026", "20 Nov 2026"),
    ],
)
def test_numbers_and_days_as_people_write_them(language: str, number: str, share: str, day: str, short: str) -> None:
    write = FORMATS["de" if language == "de" else "en"]
    assert write.num(1234) == number
    assert write.pct(0.3579) == share
    assert write.pct(None) == "–"
    assert f">{day}<" in write.day(date(2026, 11, 20))
    assert f">{short}<" in write.short(date(2026, 11, 20))


def test_a_difference_bears_its_sign() -> None:
    write = FORMATS["de"]
    assert [write.points(one) for one in (0.0242, -0.01, 0.0)] == ["+2,4", "−1,0", "±0,0"]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, None),
        ({}, None),
        ({"from": 1900, "to": 4200, "currency": "EUR"}, "1.900–4.200 €"),
        ({"from": 50, "to": 50, "currency": "CHF"}, "50 CHF"),
        ({"from": 0, "to": None, "currency": "EUR"}, "0 €"),
    ],
)
def test_money(amount: dict[str, object] | None, text: str | None) -> None:
    assert FORMATS["de"].money(amount) == text
